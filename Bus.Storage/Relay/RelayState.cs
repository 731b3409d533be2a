using Npgsql;

namespace Bus.Storage.Relay;

/// <summary>What the relay is doing, for health checks and status pages. Written by the relay, read by anyone.</summary>
public sealed class RelayState
{
    private volatile string? _problem = "has not reached the database yet";
    private volatile bool _isOfDatabase = true;
    private long _sent;

    /// <summary>Why events do not leave right now; null while all is well, also where another instance relays or this one is not to.</summary>
    public string? Problem => _problem;

    /// <summary>How many events were confirmed since the start.</summary>
    public long SentEvents => Volatile.Read(ref _sent);

    /// <summary>The database answered that another instance relays; what the target did to this one stays said until something was sent.</summary>
    internal void Standby()
    {
        if (_isOfDatabase)
        {
            _problem = null;
        }
    }

    internal void Sent(int events)
    {
        _problem = null;
        Volatile.Write(ref _sent, _sent + events);
    }

    /// <summary>True for the first of a row of failures, which is the one to log.</summary>
    internal bool Failed(Exception exception)
    {
        var first = _problem is null;
        _isOfDatabase = exception is NpgsqlException or TimeoutException;
        _problem = $"{exception.GetType().Name}: {exception.Message}";
        return first;
    }
}
