using System.Text;
using Orders.Tools.Publish;

namespace Orders.Tests.WholePath;

/// <summary>The sample order under other uids and with other amounts.</summary>
internal static class SampleOrders
{
    public const string Uid = SampleOrder.Uid;

    /// <summary>The bytes <c>bus up</c> publishes.</summary>
    public static byte[] Published { get; } = SampleOrder.Content();

    /// <summary>A valid order whose bytes differ for each <paramref name="edition"/>.</summary>
    public static byte[] Of(string uid, int edition = 1) => Encoding.UTF8.GetBytes(
        Encoding.UTF8.GetString(Published)
            .Replace(Uid, uid, StringComparison.Ordinal)
            .Replace("\"locale\": \"en\"", $"\"locale\": \"e{edition}\"", StringComparison.Ordinal));
}
