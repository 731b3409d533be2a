using Npgsql;
using Orders.Contracts;

namespace Orders.Tools.Verify;

/// <summary>Gives the service a bounded time to account for what is on the topic and to send what waits, so that the look afterwards is a full one.</summary>
internal sealed class Draining(BusContext bus, NpgsqlDataSource database, TopicReader reader)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var start = bus.Time.GetTimestamp();
        var said = false;
        while (true)
        {
            var (lag, waiting, isReprocessing) = await LookAsync(cancellationToken);
            if (lag == 0 && waiting == 0 && !isReprocessing)
            {
                return;
            }

            if (bus.Time.GetElapsedTime(start) > Patience)
            {
                bus.Terminal.Say($"{lag:N0} records and {waiting:N0} events still wait{(isReprocessing ? ", and a reprocess runs," : "")} after "
                    + $"{Patience.TotalSeconds:0} s; verifying all the same.");
                return;
            }

            if (!said)
            {
                said = true;
                bus.Terminal.Say(
                    $"Waiting until {lag:N0} records are accounted for and {waiting:N0} events are sent{(isReprocessing ? ", and a reprocess ends" : "")}, "
                    + $"at most {Patience.TotalSeconds:0} s (--no-wait does not).");
            }

            await Task.Delay(Poll, bus.Time, cancellationToken);
        }
    }

    private async Task<(long Lag, long Waiting, bool IsReprocessing)> LookAsync(CancellationToken cancellationToken)
    {
        var positions = new Dictionary<int, long>();
        var (waiting, isReprocessing) = (0L, false);
        await using (var command = database.CreateCommand(QueryText.Read("Waiting.sql")))
        {
            command.Parameters.Add(new() { Value = Topics.Orders });
            await using var rows = await command.ExecuteReaderAsync(cancellationToken);
            while (await rows.ReadAsync(cancellationToken))
            {
                positions[rows.GetInt32(0)] = rows.GetInt64(1);
                (waiting, isReprocessing) = (rows.GetInt64(2), rows.GetBoolean(3));
            }
        }

        var lag = await Task.Run(
            () => reader.Partitions(Topics.Orders).Sum(partition =>
            {
                var bounds = reader.Bounds(Topics.Orders, partition);
                return Math.Max(0, bounds.End - Math.Max(bounds.Low, positions.GetValueOrDefault(partition)));
            }),
            cancellationToken);
        return (lag, waiting, isReprocessing);
    }
}
