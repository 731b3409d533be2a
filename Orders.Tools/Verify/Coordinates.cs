using System.Globalization;

namespace Orders.Tools.Verify;

/// <summary>How a place is written in samples.</summary>
internal static class Coordinates
{
    public static string Record(string topic, int partition, long offset) =>
        string.Create(CultureInfo.InvariantCulture, $"{topic}/{partition}@{offset}");

    /// <summary>Offsets from <paramref name="first"/> to just below <paramref name="next"/>.</summary>
    public static string Range(string topic, int partition, int epoch, long first, long next) =>
        string.Create(CultureInfo.InvariantCulture, $"{topic}/{partition}@{first}-{next - 1}, epoch {epoch}");

    public static string Order(string uid) => $"order {uid}";
}
