using Orders.Service.Ingest.Folding;

namespace Orders.Service.Failures;

internal static partial class Log
{
    [LoggerMessage(2001, LogLevel.Information, "Dead letter {Id} replayed by {Actor}: {Status}, {Outcome}")]
    public static partial void Replayed(ILogger logger, long id, string actor, ReplayStatus status, string? outcome);

    [LoggerMessage(2002, LogLevel.Warning, "The replay of dead letter {Id} met a transient failure and is tried again")]
    public static partial void ReplayTriedAgain(ILogger logger, Exception exception, long id);

    [LoggerMessage(2003, LogLevel.Warning, "Partition {Partition}: the batch of offsets {First} to {Next} fails for one of its records and is split")]
    public static partial void Split(ILogger logger, Exception exception, int partition, long first, long next);

    [LoggerMessage(2004, LogLevel.Information, "Partition {Partition}: of offsets {First} to {Next} those below {Watermark} are accounted for already")]
    public static partial void PartWasCommitted(ILogger logger, int partition, long first, long next, long watermark);

    [LoggerMessage(2005, LogLevel.Warning, "Partition {Partition}: the record at offset {Offset} fails alone and is accounted for as {Outcome}")]
    public static partial void Kept(ILogger logger, Exception exception, int partition, long offset, Outcome outcome);

    [LoggerMessage(2006, LogLevel.Error, "Redelivering failed; it is tried again until it works")]
    public static partial void RedeliveryFailed(ILogger logger, Exception exception);

    [LoggerMessage(2007, LogLevel.Information, "Dead letter {Id} redelivered: {Outcome}")]
    public static partial void Redelivered(ILogger logger, long id, Outcome outcome);

    [LoggerMessage(2008, LogLevel.Warning, "Dead letter {Id} failed at redelivery {Number} and is {State}: {Reason}")]
    public static partial void StillFailing(ILogger logger, long id, int number, string state, string reason);

    [LoggerMessage(2009, LogLevel.Warning, "Ingest waits in all partitions and tries one batch at a time until the world is mended")]
    public static partial void GateClosed(ILogger logger, Exception exception);

    [LoggerMessage(2010, LogLevel.Information, "A batch succeeded: ingest goes on in all partitions")]
    public static partial void GateOpened(ILogger logger);

    [LoggerMessage(2011, LogLevel.Error, "Ingest is paused by {Actor}: {Reason}")]
    public static partial void Paused(ILogger logger, string actor, string reason);

    [LoggerMessage(2012, LogLevel.Information, "Ingest is resumed")]
    public static partial void Resumed(ILogger logger);

    [LoggerMessage(2013, LogLevel.Warning, "Whether ingest is paused cannot be read; what was read last holds")]
    public static partial void PauseUnknown(ILogger logger, Exception exception);

    [LoggerMessage(2014, LogLevel.Error,
        "Partition {Partition}: {Crashes} starts in a row crashed at offset {Position} before anything was accounted for; "
        + "the next {Records} records go one by one")]
    public static partial void OneByOne(ILogger logger, int partition, long position, int crashes, int records);

    [LoggerMessage(2015, LogLevel.Information, "Partition {Partition}: the records up to offset {Next} went one by one without a crash; batches go on")]
    public static partial void TogetherAgain(ILogger logger, int partition, long next);

    [LoggerMessage(2016, LogLevel.Error,
        "Partition {Partition}: the service ended while it worked on the record at offset {Offset} alone; it is a dead letter and was not looked into")]
    public static partial void Suspected(ILogger logger, int partition, long offset);

    [LoggerMessage(2017, LogLevel.Information, "Behind dead letter {Id} {Followers} records of its order followed in order, {Dead} of them were refused")]
    public static partial void Followed(ILogger logger, long id, int followers, int dead);

    [LoggerMessage(2018, LogLevel.Warning,
        "Partition {Partition}: a lock was not to be had in time; {Sessions} sessions that kept a transaction and sent nothing, as those of a frozen process "
        + "do, are ended")]
    public static partial void StalledSessionsEnded(ILogger logger, int partition, long sessions);

    [LoggerMessage(2019, LogLevel.Error,
        "A process ended while it redelivered dead letter {Id} and, it may be, those behind it: in this instance the records of its order go alone")]
    public static partial void RedeliveredAlone(ILogger logger, long id);

    [LoggerMessage(2020, LogLevel.Error,
        "Dead letter {Id} is dead: {Ends} times a process ended while it redelivered it; it is not looked into any more, and its order waits")]
    public static partial void RedeliverySuspected(ILogger logger, long id, int ends);

    [LoggerMessage(2021, LogLevel.Information, "Partition {Partition} brings no more records that may have been in work at a crash; batches go on")]
    public static partial void QuietAgain(ILogger logger, int partition);
}
