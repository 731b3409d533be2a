using System.Net;
using System.Text;
using Confluent.Kafka;
using Orders.Contracts;
using Orders.Tools.Running;
using Orders.Tools.Status;

namespace Orders.Tools.Publish;

/// <summary>The order everyone knows, byte for byte.</summary>
internal static class SampleOrder
{
    public const string Uid = "b563feb7b2b84b6test";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static byte[] Content()
    {
        using var resource = typeof(SampleOrder).Assembly.GetManifestResourceStream("sample-order.json")!;
        var content = new byte[resource.Length];
        resource.ReadExactly(content);
        return content;
    }

    public static async Task<bool> IsServedAsync(string gatewayUrl, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await LocalHttp.Client.GetAsync($"{gatewayUrl}/order/{Uid}", cancellationToken);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            // The gateway is being restarted; the caller asks again.
            return false;
        }
    }

    public static async Task PublishAsync(string bootstrapServers, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        using var producer = new ProducerBuilder<byte[], byte[]>(OrderProducer.Settings(bootstrapServers))
            .SetLogHandler(KafkaClients.Silent)
            .Build();
        try
        {
            await producer.ProduceAsync(Topics.Orders, new() { Key = Encoding.ASCII.GetBytes(Uid), Value = Content() }, patience.Token);
        }
        catch (ProduceException<byte[], byte[]> refused)
        {
            throw BusException.Unreachable($"Kafka at {bootstrapServers} did not take the sample order: {refused.Error.Reason}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw BusException.Unreachable(
                $"Kafka at {bootstrapServers} did not take the sample order within {Patience.TotalSeconds:0} s.");
        }
    }
}
