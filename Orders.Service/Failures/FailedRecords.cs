using System.Globalization;
using System.Text;
using Bus.Kafka.Records;
using Bus.Storage.DeadLetters;
using Bus.Storage.Inbox;
using Bus.Storage.Parking;
using Failpoints;
using Microsoft.Extensions.Options;
using Npgsql;
using Orders.Contracts;
using Orders.Service.Ingest;
using Orders.Service.Ingest.Folding;
using Orders.Service.Storage;

namespace Orders.Service.Failures;

/// <summary>
/// Accounts for one record that fails alone, in one transaction with the watermark: refused data is dead at once and blocks nobody; anything
/// else is redelivered, and later records of its order park behind it.
/// </summary>
internal sealed class FailedRecords(
    NpgsqlDataSource database, RecordDecoder decoder, Brake brake, IOptions<FailuresOptions> options, ILogger<FailedRecords> logger)
    : IFailedRecords, ISuspectRecords
{
    public async Task KeepAsync(RecordBatch<OrderReceived> alone, Exception exception, CancellationToken cancellationToken)
    {
        var key = KeyOf(alone);
        var outcome = await AccountAsync(
            alone,
            [key],
            isBlocked => FailurePolicy.ClassOf(exception) == FailureClass.Data ? Outcome.Dead : isBlocked ? Outcome.Parked : Outcome.Redelivering,
            kept => Keep(alone, key, kept, FailureText.Of(exception)),
            cancellationToken);
        Log.Kept(logger, exception, alone.Partition, alone.Records[0].Offset, outcome);
    }

    /// <summary>Nothing looks into the record, not even for whose it is: nobody waits behind it.</summary>
    async Task ISuspectRecords.KeepAsync(RecordBatch<OrderReceived> alone, CancellationToken cancellationToken)
    {
        var letter = BatchAccount.ToDeadLetter(alone, alone.Records[0], FailureText.Suspected.Reason, FailureText.Suspected.Sentence);
        await AccountAsync(alone, [], _ => Outcome.Dead, _ => DeadLetterStore.Insert(letter), cancellationToken);
        Log.Suspected(logger, alone.Partition, alone.Records[0].Offset);
    }

    private async Task<Outcome> AccountAsync(
        RecordBatch<OrderReceived> alone,
        string[] keys,
        Func<bool, Outcome> decide,
        Func<Outcome, NpgsqlBatchCommand> keepAs,
        CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var outcome = decide(await LockAsync(transaction, alone, keys, cancellationToken));
        var keep = keepAs(outcome);
        var counts = new OutcomeCounts { Absent = alone.Absent, Lost = alone.Lost };
        BatchAccount.Count(ref counts, outcome);
        await using var write = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands = { keep, Inbox.Account(alone.Group, alone.Topic, BatchAccount.RangeOf(alone, counts)) },
        };
        await write.ExecuteNonQueryAsync(cancellationToken);
        if (keep.RecordsAffected == 0)
        {
            throw new OrderConflictException();
        }

        Failpoint.Hit("dead_letter_inserted");
        await transaction.CommitAsync(cancellationToken);
        brake.Observe(counts);
        return outcome;
    }

    /// <summary>Locks the watermark, which must stand where the batch begins, and tells whether one of the keys is blocked already.</summary>
    private static async Task<bool> LockAsync(
        NpgsqlTransaction transaction, RecordBatch<OrderReceived> alone, string[] keys, CancellationToken cancellationToken)
    {
        await using var read = new NpgsqlBatch(transaction.Connection, transaction)
        {
            BatchCommands = { Inbox.LockWatermarks(alone.Group, alone.Topic, [alone.Partition]), KeyParking.Lock(keys) },
        };
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        InboxWatermarks.MustStandAt(await Inbox.ReadWatermarksAsync(reader, cancellationToken), alone);
        await reader.NextResultAsync(cancellationToken);
        return await KeyParking.ReadAsync(reader, cancellationToken) is not null;
    }

    private NpgsqlBatchCommand Keep(RecordBatch<OrderReceived> alone, string key, Outcome outcome, FailureText why)
    {
        var letter = BatchAccount.ToDeadLetter(alone, alone.Records[0], why.Reason, why.Sentence) with { Exception = why.Exception };
        return outcome switch
        {
            Outcome.Dead => DeadLetterStore.Insert(letter),
            Outcome.Parked => DeadLetterStore.Insert(letter with { State = DeadLetterStates.Parked, ParkedKey = key }),
            _ => KeyParking.Block(letter with { State = DeadLetterStates.Redelivering, ParkedKey = key }, options.Value.FirstRedelivery),
        };
    }

    /// <summary>Whose records wait behind it: its order's; where the decoder itself fails, its key's; else nobody's, for no order has such a uid.</summary>
    private string KeyOf(RecordBatch<OrderReceived> alone)
    {
        var record = alone.Records[0];
        try
        {
            if (decoder.Decode(alone.Epoch, alone.Partition, [record])[0].Change is { } change)
            {
                return change.Uid;
            }
        }
        catch (Exception exception) when (FailurePolicy.ClassOf(exception) == FailureClass.Other)
        {
            // What the record failed for; the key has to do.
        }

        return record.Key is { } key && OrderUid.IsValid(key)
            ? Encoding.ASCII.GetString(key)
            : string.Create(CultureInfo.InvariantCulture, $"#{alone.Group}/{alone.Topic}/{alone.Epoch}/{alone.Partition}@{record.Offset}");
    }
}
