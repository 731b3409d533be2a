using Microsoft.Extensions.Logging;

namespace Bus.Kafka;

internal static partial class Log
{
    [LoggerMessage(4001, LogLevel.Information, "Topic {Topic}: partitions assigned {Partitions}")]
    public static partial void Assigned(ILogger logger, string topic, string partitions);

    [LoggerMessage(4002, LogLevel.Information, "Topic {Topic}: partitions given up {Partitions}")]
    public static partial void Revoked(ILogger logger, string topic, string partitions);

    [LoggerMessage(4003, LogLevel.Warning, "Partition {Partition}: the batch of offsets {First} to {Next} is held and tried again until it is accounted for")]
    public static partial void Held(ILogger logger, Exception exception, int partition, long first, long next);

    [LoggerMessage(4004, LogLevel.Information, "Partition {Partition}: the batch held at offset {First} is accounted for, reading goes on")]
    public static partial void Released(ILogger logger, int partition, long first);

    [LoggerMessage(4005, LogLevel.Warning, "Partition {Partition}: epoch {Epoch} was read at offset {Position}. {Why} Starting there")]
    public static partial void Mismatch(ILogger logger, int partition, int epoch, long position, string why);

    [LoggerMessage(EventId = 4006,
        Message = "Topic {Topic} partition {Partition} was deleted and created again: epoch {Epoch} starts at offset {Position}")]
    public static partial void EpochStarted(ILogger logger, LogLevel level, string topic, int partition, int epoch, long position);

    [LoggerMessage(4007, LogLevel.Error,
        "Topic {Topic} partition {Partition}: the broker deleted offsets {First} to {Low} before they were read; they are accounted for as lost")]
    public static partial void OffsetsLost(ILogger logger, string topic, int partition, long first, long low);

    [LoggerMessage(4008, LogLevel.Warning, "Topic {Topic} does not exist yet; waiting for it")]
    public static partial void TopicMissing(ILogger logger, string topic);

    [LoggerMessage(4009, LogLevel.Warning, "Kafka client: {Reason} ({Code})")]
    public static partial void ClientError(ILogger logger, string reason, string code);

    [LoggerMessage(4010, LogLevel.Error, "Reading topic {Topic} failed; joining the group again")]
    public static partial void ConsumerFailed(ILogger logger, Exception exception, string topic);

    [LoggerMessage(4011, LogLevel.Error, "Partition {Partition}: the worker failed; it goes on")]
    public static partial void WorkerFailed(ILogger logger, Exception exception, int partition);

    [LoggerMessage(4012, LogLevel.Debug, "librdkafka {Facility}: {Message}")]
    public static partial void ClientLog(ILogger logger, string facility, string message);

    [LoggerMessage(4013, LogLevel.Debug, "Whether topic {Topic} is still the one that was read could not be seen; it is looked at again")]
    public static partial void RecheckFailed(ILogger logger, Exception exception, string topic);

    [LoggerMessage(4014, LogLevel.Warning, "Topic {Topic}: that partitions {Partitions} are given up in order could not be noted")]
    public static partial void ReleaseFailed(ILogger logger, Exception exception, string topic, string partitions);

    [LoggerMessage(4015, LogLevel.Warning, "Topic {Topic}: the brokers could not be asked to keep the client fetching; it may read more slowly")]
    public static partial void NudgeFailed(ILogger logger, Exception exception, string topic);

    [LoggerMessage(4016, LogLevel.Warning, "Topic {Topic}: a broker has answered for {Patience}, but the client {Problem}; a new one takes its place")]
    public static partial void ClientStuck(ILogger logger, string topic, TimeSpan patience, string? problem);

    [LoggerMessage(4017, LogLevel.Warning, "Topic {Topic}: the client has not left its group within {Patience}; it is left to itself")]
    public static partial void ClientDoesNotEnd(ILogger logger, string topic, TimeSpan patience);
}
