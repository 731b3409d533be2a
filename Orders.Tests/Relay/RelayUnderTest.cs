using System.Collections.Concurrent;
using Bus.Storage;
using Bus.Storage.Outbox;
using Bus.Storage.Relay;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Orders.Tests.Relay;

/// <summary>A relay on a database of the test's own, to a target of the test's own.</summary>
internal static class RelayUnderTest
{
    /// <summary>The tables a relay reads.</summary>
    public static string Schema => BusStorageModel.SchemaVersion1 + BusStorageModel.SchemaVersion7;

    public static RelayWorker Of(NpgsqlDataSource database, IRelayTarget target, RelayState? state = null, RelayOptions? options = null) => new(
        database,
        target,
        new OutboxBell(database),
        state ?? new RelayState(),
        Options.Create(options ?? new RelayOptions()),
        TimeProvider.System,
        NullLogger<RelayWorker>.Instance);
}

/// <summary>Confirms everything and keeps it.</summary>
internal sealed class CollectingTarget : IRelayTarget
{
    public ConcurrentQueue<OutboxEvent> Sent { get; } = new();

    public string Name => "collecting";

    public Task<IReadOnlyList<OutboxEvent>> SendAsync(IReadOnlyList<OutboxEvent> events, CancellationToken cancellationToken)
    {
        foreach (var e in events)
        {
            Sent.Enqueue(e);
        }

        return Task.FromResult(events);
    }
}
