using System.Text;
using Bus.Storage;
using Bus.Storage.DeadLetters;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Orders.Service.Storage;
using Orders.Tests.Servers;

namespace Orders.Tests.Operations;

/// <summary>A database of its own with the service's tables, and dead letters in it.</summary>
internal sealed class DeadLetterRows
{
    public static readonly byte[] HostileValue = Encoding.UTF8.GetBytes(
        "{\"order_uid\":\"\\\"><img src=x onerror=alert(1)>\",\"name\":\"</pre><script>window.__xss=1;alert(1)</script>\u202e\u001b[2J\"}");

    private static int _offset;

    private DeadLetterRows(string connectionString) => ConnectionString = connectionString;

    public string ConnectionString { get; }

    public static async Task<DeadLetterRows> CreateAsync(SharedPostgres postgres)
    {
        var rows = new DeadLetterRows(await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken));
        await rows.ExecuteAsync(BusStorageModel.SchemaVersion1 + BusStorageModel.SchemaVersion2 + BusStorageModel.SchemaVersion7);
        return rows;
    }

    public async Task<long> AddAsync(
        string state = DeadLetterStates.Dead, string reason = "malformed_json", byte[]? key = null, byte[]? value = null,
        (string Name, byte[]? Value)[]? headers = null, string sentence = "The document ends too early.", long? bytePosition = null)
    {
        await using var database = Context();
        var letter = new DeadLetter
        {
            GroupId = "busorders",
            Topic = "orders",
            Epoch = 1,
            Partition = 3,
            RecordOffset = Interlocked.Increment(ref _offset),
            RecordTimestamp = 1_600_000_000_123,
            Key = key,
            Value = value,
            HeaderNames = [.. (headers ?? []).Select(header => header.Name)],
            HeaderValues = [.. (headers ?? []).Select(header => header.Value)],
            State = state,
            Reason = reason,
            Sentence = sentence,
            BytePosition = bytePosition,
            RecordedAt = DateTime.UnixEpoch.AddDays(20_000),
            ResolvedAt = state == DeadLetterStates.Resolved ? DateTime.UnixEpoch.AddDays(20_001) : null,
        };
        letter.Attempts.Add(new DeadLetterAttempt
        {
            Number = 1,
            Kind = "ingest",
            Outcome = "dead",
            Reason = reason,
            Sentence = sentence,
            AttemptedAt = DateTime.UnixEpoch.AddDays(20_000),
        });
        database.Add(letter);
        await database.SaveChangesAsync(TestContext.Current.CancellationToken);
        return letter.Id;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    public async Task<object?> ScalarAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    private OrdersDbContext Context() => new(new DbContextOptionsBuilder<OrdersDbContext>().UseNpgsql(ConnectionString).Options);
}
