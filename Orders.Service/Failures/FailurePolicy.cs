using System.Net.Sockets;
using Bus.Kafka.Watermarks;
using Npgsql;
using Orders.Service.Storage;

namespace Orders.Service.Failures;

/// <summary>What kind of failure an exception is; the class decides what happens to the batch.</summary>
internal enum FailureClass
{
    /// <summary>The record holds what the database refuses: found by bisection, a dead letter at once, its neighbours are stored.</summary>
    Data,

    /// <summary>May well succeed the next moment: tried again at once, a few times, then it counts as systemic.</summary>
    Transient,

    /// <summary>The world is broken: the batch is held and tried slowly, its offsets are never passed, no record is blamed.</summary>
    Systemic,

    /// <summary>A bug or a failing step: found by bisection, tried again at once, then redelivered from the database, then a dead letter.</summary>
    Other,
}

/// <summary>The one table that decides; a record that breaks a rule of ours is no exception but a refusal, and never comes here.</summary>
internal static class FailurePolicy
{
    /// <summary>SQLSTATEs by prefix, the longest that fits decides; a database error that fits none is <see cref="FailureClass.Other"/>.</summary>
    private static readonly (string Prefix, FailureClass Class)[] SqlStates =
    [
        // A value the column's type cannot hold: too long, out of range, no such encoding.
        ("22", FailureClass.Data),

        // A column that must not be null, a CHECK that does not hold.
        ("23502", FailureClass.Data),
        ("23514", FailureClass.Data),

        // Larger than an index or a row can take.
        ("54000", FailureClass.Data),

        // Two transactions met; one of them had to give way.
        ("40001", FailureClass.Transient),
        ("40P01", FailureClass.Transient),

        // Somebody held a lock, or the server was slow for a moment.
        ("55P03", FailureClass.Transient),
        ("57014", FailureClass.Transient),

        // The connection is gone, or the server would not have it; whether a commit came through is not known.
        ("08", FailureClass.Systemic),
        ("40003", FailureClass.Systemic),

        // The server restarts, is shut down, is starting up; it ended the session for being idle.
        ("57", FailureClass.Systemic),

        // Disk full, memory full, no connection left.
        ("53", FailureClass.Systemic),

        // Read-only (a standby, a full disk's guard), or a transaction the server has given up.
        ("25", FailureClass.Systemic),

        // Wrong password or role, no such database, no such schema.
        ("28", FailureClass.Systemic),
        ("3D", FailureClass.Systemic),
        ("3F", FailureClass.Systemic),

        // No such table, column or right: not migrated, or not granted.
        ("42", FailureClass.Systemic),

        // A plan or a prepared statement the server no longer has: migrated under us, or a pooler in between.
        ("0A000", FailureClass.Systemic),
        ("26", FailureClass.Systemic),

        // The server's own disk, configuration or state.
        ("58", FailureClass.Systemic),
        ("F0", FailureClass.Systemic),
        ("XX", FailureClass.Systemic),
    ];

    /// <summary>The class of an exception that came out of ingest: that of the first in its chain that the table knows.</summary>
    public static FailureClass ClassOf(Exception exception)
    {
        for (var known = exception; known is not null; known = known.InnerException)
        {
            if (Find(known) is { } found)
            {
                return found;
            }
        }

        return FailureClass.Other;
    }

    /// <summary>Whether a batch that failed so is split until the record is alone.</summary>
    public static bool IsOfOneRecord(Exception exception) => ClassOf(exception) is FailureClass.Data or FailureClass.Other;

    private static FailureClass? Find(Exception exception) => exception switch
    {
        PostgresException database => OfSqlState(database.SqlState),

        // The other transaction has committed by now: the next fold sees what it wrote.
        OrderConflictException => FailureClass.Transient,

        // The rider joins the group again; no record has to do with it.
        WatermarkMismatchException => FailureClass.Systemic,

        // Everything the driver says itself is about the connection or its pool.
        NpgsqlException => FailureClass.Systemic,
        SocketException or IOException or TimeoutException => FailureClass.Systemic,

        // We are asked to stop, or somebody ran out of patience.
        OperationCanceledException => FailureClass.Systemic,

        // Closed under us, by a stop or a broken connection.
        ObjectDisposedException => FailureClass.Systemic,

        // Whatever was worked on just then is not to blame.
        OutOfMemoryException => FailureClass.Systemic,
        _ => null,
    };

    private static FailureClass OfSqlState(string state)
    {
        var (longest, found) = (0, FailureClass.Other);
        foreach (var (prefix, failure) in SqlStates)
        {
            if (prefix.Length > longest && state.StartsWith(prefix, StringComparison.Ordinal))
            {
                (longest, found) = (prefix.Length, failure);
            }
        }

        return found;
    }
}
