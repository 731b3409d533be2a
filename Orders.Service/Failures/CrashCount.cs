using Bus.Storage.Inbox;
using Bus.Storage.Starts;
using Npgsql;

namespace Orders.Service.Failures;

/// <summary>
/// Counts how often a process ended over work that a start finds again, such as a redelivery that is due: without it a record that ends the process
/// would end it at every start. Committed before anybody looks into the records; one process, one owner.
/// </summary>
internal sealed class CrashCount(NpgsqlDataSource database, TimeProvider time)
{
    private static readonly TimeSpan WithdrawalPatience = TimeSpan.FromSeconds(2);
    private readonly Guid _owner = Guid.NewGuid();

    /// <summary>Begins work.</summary>
    /// <param name="work">What is worked through; its topic begins with <c>#</c>, so that it is none.</param>
    /// <param name="epoch">Of the log, 1 where there is none.</param>
    /// <param name="position">The first record that is worked on.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How often a process ended over work that began at that record, whatever came between.</returns>
    public async Task<int> BeginAsync(InboxPartition work, int epoch, long position, CancellationToken cancellationToken) =>
        (await PartitionStarts.AnnounceAsync(database, work, epoch, position, _owner, cancellationToken)).Starts - 1;

    /// <summary>It is done, in the transaction that does it.</summary>
    public NpgsqlBatchCommand End(InboxPartition work) => PartitionStarts.End(work, _owner);

    /// <summary>It is done, whatever was done.</summary>
    public Task EndAsync(InboxPartition work, CancellationToken cancellationToken) =>
        PartitionStarts.EndAsync(database, work.Group, work.Topic, [work.Partition], _owner, cancellationToken);

    /// <summary>It ended in an exception or was stopped. Where that cannot be said, it counts as a crash; one is no reason to blame anybody.</summary>
    public async Task WithdrawAsync(InboxPartition work)
    {
        using var patience = new CancellationTokenSource(WithdrawalPatience, time);
        try
        {
            await PartitionStarts.WithdrawAsync(database, work, _owner, patience.Token);
        }
        catch (Exception exception) when (FailurePolicy.ClassOf(exception) != FailureClass.Other)
        {
            // The exception on its way tells better what is wrong with the world.
        }
    }
}
