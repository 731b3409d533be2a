using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using Orders.Tests.Failures;
using Orders.Tests.Servers;

namespace Orders.Tests.Ingest;

/// <summary>A transaction that is committed and takes its time to be disposed of: the batch that comes next is not ended with it.</summary>
[Trait("Category", "system")]
public sealed class LateEndTests(SharedPostgres postgres)
{
    private const int Many = 40;

    [Fact]
    public async Task What_ends_late_is_the_old_transaction_alone()
    {
        var token = TestContext.Current.CancellationToken;
        await using var ingest = await IngestUnderTest.StartAsync(
            postgres, storage: options => options.ReplaceService<IRelationalTransactionFactory, LateTransactions>());
        await ingest.IngestAsync(0, ("held", 1));
        await using var holder = await ingest.Database.OpenConnectionAsync(token);
        await using var held = await holder.BeginTransactionAsync(token);
        await using (var locking = new NpgsqlCommand("SELECT 1 FROM orders WHERE order_uid = 'held' FOR UPDATE", holder, held))
        {
            await locking.ExecuteNonQueryAsync(token);
        }

        var release = LateTransactions.HoldNext();
        var first = ingest.IngestAsync(0, Orders("first"));
        await Eventually.SeeAsync(() => ingest.QueryAsync<long>("SELECT count(*) FROM orders WHERE order_uid LIKE 'first-%'"), count => count == Many);
        var second = ingest.IngestAsync(1, [.. Orders("second"), ("held", 2)]);
        await Eventually.SeeAsync(
            () => ingest.QueryAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"),
            waiting => waiting == 1);
        release.SetResult();
        await first;
        await held.RollbackAsync(token);
        await second;

        Assert.Equal(["first 40", "held 2", "second 40"], await ingest.LinesAsync(
            "SELECT split_part(key, '-', 1), count(*) FROM outbox_event GROUP BY 1 ORDER BY 1"));
        Assert.Equal((2 * Many) + 1, await ingest.QueryAsync<long>("SELECT count(*) FROM orders"));
    }

    private static (string Uid, int Edition)[] Orders(string prefix) => [.. Enumerable.Range(0, Many).Select(number => ($"{prefix}-{number}", 1))];

    /// <summary>Entity Framework's own, except that the end of one of them waits for the test.</summary>
    private sealed class LateTransactions(RelationalTransactionFactoryDependencies dependencies) : RelationalTransactionFactory(dependencies)
    {
        private static TaskCompletionSource? _next;

        public static TaskCompletionSource HoldNext() => _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override RelationalTransaction Create(
            IRelationalConnection connection,
            DbTransaction transaction,
            Guid transactionId,
            IDiagnosticsLogger<DbLoggerCategory.Database.Transaction> logger,
            bool transactionOwned) =>
            new LateTransaction(
                connection, transaction, transactionId, logger, transactionOwned, Dependencies.SqlGenerationHelper, Interlocked.Exchange(ref _next, null));
    }

    private sealed class LateTransaction(
        IRelationalConnection connection,
        DbTransaction transaction,
        Guid transactionId,
        IDiagnosticsLogger<DbLoggerCategory.Database.Transaction> logger,
        bool transactionOwned,
        ISqlGenerationHelper sql,
        TaskCompletionSource? release)
        : RelationalTransaction(connection, transaction, transactionId, logger, transactionOwned, sql)
    {
        public override async ValueTask DisposeAsync()
        {
            if (release is not null)
            {
                await release.Task;
            }

            await base.DisposeAsync();
        }
    }
}
