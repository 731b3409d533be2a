using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;
using Orders.Service.Ingest;
using Orders.Service.Storage;

namespace Orders.Service.Operations.Overview;

/// <summary>Reads where the service stands, in one round trip.</summary>
internal sealed class StatusQuery(OrdersDbContext database, Readiness readiness, IngestNotes notes, IOptions<OperationsOptions> options)
{
    private static readonly string Sql = ReadSql();

    public async Task<StatusAnswer> ReadAsync(CancellationToken cancellationToken)
    {
        await database.Database.OpenConnectionAsync(cancellationToken);
        await using var command = ((NpgsqlConnection)database.Database.GetDbConnection()).CreateCommand();
        command.CommandText = Sql;
        command.CommandTimeout = (int)Math.Ceiling(options.Value.QueryTimeout.TotalSeconds);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);

        var partitions = new List<PartitionStatus>();
        while (await rows.ReadAsync(cancellationToken))
        {
            partitions.Add(new PartitionStatus(rows.GetString(0), rows.GetString(1), rows.GetInt32(2), rows.GetInt32(3), rows.GetInt64(4)));
        }

        await rows.NextResultAsync(cancellationToken);
        await rows.ReadAsync(cancellationToken);
        var outcomes = new OutcomeCounts(
            rows.GetInt64(0), rows.GetInt64(1), rows.GetInt64(2), rows.GetInt64(3), rows.GetInt64(4),
            rows.GetInt64(5), rows.GetInt64(6), rows.GetInt64(7), rows.GetInt64(8), rows.GetInt64(9));

        await rows.NextResultAsync(cancellationToken);
        await rows.ReadAsync(cancellationToken);
        var outbox = new OutboxStatus(
            rows.GetInt64(0), await rows.IsDBNullAsync(1, cancellationToken) ? null : Math.Max(0, Math.Round(rows.GetDouble(1), 3)));

        await rows.NextResultAsync(cancellationToken);
        var deadLetters = new List<DeadLetterCount>();
        while (await rows.ReadAsync(cancellationToken))
        {
            deadLetters.Add(new DeadLetterCount(rows.GetString(0), rows.GetString(1), rows.GetInt64(2)));
        }

        var reasons = readiness.WhyNotReady();
        return new StatusAnswer(StatusAnswer.SchemaName, reasons.Count == 0, reasons, partitions, outcomes, outbox, deadLetters, notes.Counts);
    }

    private static string ReadSql()
    {
        using var stream = typeof(StatusQuery).Assembly.GetManifestResourceStream("Orders.Service.Operations.Overview.Status.sql")
            ?? throw new InvalidOperationException("The SQL resource 'Status.sql' is not in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
