using System.Net.Sockets;
using Npgsql;

namespace Orders.Tests.Servers;

/// <summary>
/// Stands between a service and Postgres and breaks connections at the one moment that matters: some commits are carried out and their answer is
/// swallowed, some never reach the server. The client sees the same both times: its connection is reset. A transaction of one round trip has no commit to
/// be seen; the test says which is broken.
/// </summary>
internal sealed class CommitProxy : LoopbackProxy
{
    /// <summary>How the driver's simple query for a commit ends on the wire.</summary>
    private static readonly byte[] Commit = "COMMIT\0"u8.ToArray();

    /// <summary>What ends a round trip, and what one that inserts an order holds.</summary>
    private static readonly byte[] Sync = [(byte)'S', 0, 0, 0, 4];
    private static readonly byte[] Content = "\"order_uid\""u8.ToArray();

    private readonly Lock _lock = new();
    private volatile Fate _ofNextInsert = Fate.Arrives;
    private readonly Random _random;
    private volatile bool _isArmed;
    private int _commits;
    private int _swallowed;
    private int _withheld;

    public CommitProxy(string connectionString, int seed)
        : base(new NpgsqlConnectionStringBuilder(connectionString).Port)
    {
        _random = new Random(seed);

        // Encryption would hide what goes by.
        ConnectionString = new NpgsqlConnectionStringBuilder(connectionString) { Port = Port, SslMode = SslMode.Disable }.ConnectionString;
    }

    /// <summary>The way through this.</summary>
    public string ConnectionString { get; }

    /// <summary>From now on a third of all commits is broken, in one way or the other.</summary>
    public bool IsArmed
    {
        set => _isArmed = value;
    }

    /// <summary>Breaks the next round trip that inserts orders, behind what Postgres does with it or before.</summary>
    public void BreakNextInsert(bool isCarriedOut) => _ofNextInsert = isCarriedOut ? Fate.IsSwallowed : Fate.IsWithheld;

    /// <summary>How many commits came by.</summary>
    public int Commits => Volatile.Read(ref _commits);

    /// <summary>How many commits the server carried out and the client never heard of.</summary>
    public int Swallowed => Volatile.Read(ref _swallowed);

    /// <summary>How many commits never reached the server.</summary>
    public int Withheld => Volatile.Read(ref _withheld);

    protected override bool Resets => true;

    protected override async Task CarryAsync(NetworkStream client, NetworkStream server, CancellationToken over)
    {
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var fate = Fate.Arrives;
        await Task.WhenAny(UpAsync(), DownAsync());

        async Task UpAsync()
        {
            var buffer = new byte[64 * 1024];
            while (await client.ReadAsync(buffer, over) is > 0 and var count)
            {
                fate = FateOf(buffer.AsSpan(0, count));
                if (fate == Fate.IsWithheld)
                {
                    return;
                }

                await server.WriteAsync(buffer.AsMemory(0, count), over);
                if (fate == Fate.IsSwallowed)
                {
                    await answered.Task.WaitAsync(over);
                    return;
                }
            }
        }

        async Task DownAsync()
        {
            var buffer = new byte[64 * 1024];
            while (await server.ReadAsync(buffer, over) is > 0 and var count)
            {
                if (fate == Fate.IsSwallowed)
                {
                    answered.TrySetResult();
                }
                else
                {
                    await client.WriteAsync(buffer.AsMemory(0, count), over);
                }
            }
        }
    }

    private Fate FateOf(ReadOnlySpan<byte> sent)
    {
        if (_ofNextInsert is var fate and not Fate.Arrives && sent.EndsWith(Sync) && sent.IndexOf(Content) >= 0)
        {
            _ofNextInsert = Fate.Arrives;
            return fate;
        }

        if (!sent.EndsWith(Commit))
        {
            return Fate.Arrives;
        }

        Interlocked.Increment(ref _commits);
        if (!_isArmed)
        {
            return Fate.Arrives;
        }

        int roll;
        lock (_lock)
        {
            roll = _random.Next(12);
        }

        switch (roll)
        {
            case < 3:
                Interlocked.Increment(ref _swallowed);
                return Fate.IsSwallowed;
            case 3:
                Interlocked.Increment(ref _withheld);
                return Fate.IsWithheld;
            default:
                return Fate.Arrives;
        }
    }

    private enum Fate
    {
        Arrives,
        IsSwallowed,
        IsWithheld,
    }
}
