using Npgsql;
using Orders.Service.Storage;

namespace Orders.Service.Failures;

/// <summary>What kind of failure an exception is; the class decides what happens to the batch.</summary>
internal enum FailureClass
{
    /// <summary>May well succeed the next moment: tried again at once, a few times.</summary>
    Transient,

    /// <summary>The world is broken, or we are: the batch is held and tried slowly, its offsets are never passed.</summary>
    Systemic,
}

/// <summary>The one table that decides; a record that cannot be stored is no exception but a refusal, and never comes here.</summary>
internal static class FailurePolicy
{
    /// <summary>The class of an exception that came out of ingest.</summary>
    public static FailureClass ClassOf(Exception exception) => exception switch
    {
        // The other transaction has committed by now: the next fold sees what it wrote.
        OrderConflictException => FailureClass.Transient,

        // Two transactions met; one of them had to give way.
        PostgresException { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected } => FailureClass.Transient,

        // Somebody held a lock, or the server was slow for a moment.
        PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled } => FailureClass.Transient,

        // Database gone, full, read-only, password wrong, schema missing, a bug: nothing a quick second try would mend.
        _ => FailureClass.Systemic,
    };
}
