using Orders.Tools.Running;

namespace Orders.Tools.Up;

/// <summary>A private one-node broker from the distribution at <c>KAFKA_HOME</c>; its log lies in the directory of the system.</summary>
internal sealed class ApacheKafkaPart(Supervision supervision) : Part(ProcessName.Kafka, supervision)
{
    /// <summary>How Kafka's own scripts are told the options of its Java; what the user has set there is left to him.</summary>
    internal const string JavaOptionsVariable = "KAFKA_HEAP_OPTS";

    internal const string DefaultJavaOptions = "-Xmx512m";

    private const int Partitions = 4;

    private string Home => Supervision.Workspace.In("kafka");

    private string Data => Path.Combine(Home, "data");

    private string Properties => Path.Combine(Home, "server.properties");

    private string Distribution => Supervision.State.Kafka.Home!;

    protected override TimeSpan Patience => TimeSpan.FromSeconds(90);

    protected override int? AnonymousPort => Supervision.State.Addresses.Kafka;

    private Dictionary<string, string> JavaEnvironment => new()
    {
        [JavaOptionsVariable] = Environment.GetEnvironmentVariable(JavaOptionsVariable) is { Length: > 0 } given ? given : DefaultJavaOptions,
        ["LOG_DIR"] = Path.Combine(Home, "logs"),
    };

    protected override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var addresses = Supervision.State.Addresses;

        // Few partitions for the broker's own topics: a laptop's start should not wait for fifty of them twice. Few threads: each request is
        // handed from one to another, and eight of them on two processors are woken for nothing. Written to the disk every second: what the kernel
        // keeps for half a minute goes to it at once then, and the commits of Postgres wait behind that for 200 to 300 ms (docs/performance.md).
        await File.WriteAllTextAsync(Properties, $"""
            process.roles=broker,controller
            node.id=1
            controller.quorum.voters=1@127.0.0.1:{addresses.KafkaController}
            listeners=PLAINTEXT://127.0.0.1:{addresses.Kafka},CONTROLLER://127.0.0.1:{addresses.KafkaController}
            controller.listener.names=CONTROLLER
            listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
            log.dirs={Data}
            num.partitions={Partitions}
            offsets.topic.num.partitions=8
            offsets.topic.replication.factor=1
            transaction.state.log.num.partitions=8
            transaction.state.log.replication.factor=1
            transaction.state.log.min.isr=1
            group.initial.rebalance.delay.ms=0
            num.network.threads=1
            num.io.threads=2
            log.flush.interval.ms=1000
            log.flush.scheduler.interval.ms=1000

            """, cancellationToken);
        if (File.Exists(Path.Combine(Data, "meta.properties")))
        {
            return;
        }

        var storage = Path.Combine(Distribution, "bin", "kafka-storage.sh");
        await Programs.MustRunAsync(
            storage, ["format", "--cluster-id", NewClusterId(), "--config", Properties, "--ignore-formatted"], JavaEnvironment, cancellationToken);
    }

    protected override Launch Describe() =>
        new(Log, Path.Combine(Distribution, "bin", "kafka-server-start.sh"), [Properties]) { Environment = JavaEnvironment };

    protected override Task<bool> AnswersAsync(CancellationToken cancellationToken) =>
        Task.Run(() => KafkaTopics.Answers(Supervision.State.Kafka.BootstrapServers), cancellationToken);

    /// <summary>Sixteen bytes in URL-safe base64, as Kafka wants it; the first is small, because a leading dash would be taken for an option.</summary>
    internal static string NewClusterId()
    {
        var bytes = Guid.NewGuid().ToByteArray();
        bytes[0] &= 0x7F;
        return Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }
}
