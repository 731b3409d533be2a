using System.Text;
using Bus.Storage.DeadLetters;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Orders.Contracts;
using Orders.Service.Storage;

namespace Orders.Service.Operations.DeadLetters;

/// <summary>A dead letter as lists show it: without its value, so that no personal data can be in a list.</summary>
internal sealed record DeadLetterLine(
    long Id, string State, string Reason, string Topic, int Partition, int Epoch, long Offset, byte[]? ShortKey, int? KeyBytes,
    int? ValueBytes, DateTime RecordedAt, DateTime? ResolvedAt)
{
    /// <summary>The key where it is an order uid. Any other key may be anything, so lists tell only its length.</summary>
    public string? Uid => ShortKey is not null && OrderUid.IsValid(ShortKey) ? Encoding.ASCII.GetString(ShortKey) : null;
}

/// <summary>One page of the list.</summary>
/// <param name="Lines">Newest first.</param>
/// <param name="Next">The id to go on after; null on the last page.</param>
internal sealed record DeadLetterPageOfLines(IReadOnlyList<DeadLetterLine> Lines, long? Next);

/// <summary>Reads dead letters. A list goes along an index; what does not end in time is given up.</summary>
internal sealed class DeadLetterQueries
{
    private readonly OrdersDbContext _database;

    public DeadLetterQueries(OrdersDbContext database, IOptions<OperationsOptions> options)
    {
        _database = database;
        _database.Database.SetCommandTimeout(options.Value.QueryTimeout);
    }

    public async Task<DeadLetterPageOfLines> ListAsync(DeadLetterFilter filter, CancellationToken cancellationToken)
    {
        var letters = _database.DeadLetters.AsNoTracking();
        if (filter.State is { } state)
        {
            letters = letters.Where(letter => letter.State == state);
        }

        if (filter.Reason is { } reason)
        {
            letters = letters.Where(letter => letter.Reason == reason);
        }

        if (filter.Uid is { } uid)
        {
            var key = Encoding.ASCII.GetBytes(uid);
            letters = letters.Where(letter => letter.Key == key);
        }

        if (filter.After is { } after)
        {
            letters = letters.Where(letter => letter.Id < after);
        }

        var lines = await letters
            .OrderByDescending(letter => letter.Id)
            .Take(filter.Limit + 1)
            .Select(letter => new DeadLetterLine(
                letter.Id, letter.State, letter.Reason, letter.Topic, letter.Partition, letter.Epoch, letter.RecordOffset,
                letter.Key!.Length <= OrderUid.MaxLength ? letter.Key : null, letter.Key == null ? null : letter.Key.Length,
                letter.Value == null ? null : letter.Value.Length, letter.RecordedAt, letter.ResolvedAt))
            .ToListAsync(cancellationToken);
        return lines.Count > filter.Limit
            ? new DeadLetterPageOfLines(lines[..filter.Limit], lines[filter.Limit - 1].Id)
            : new DeadLetterPageOfLines(lines, null);
    }

    /// <summary>The dead letter with its bytes and attempts, or null.</summary>
    public Task<DeadLetter?> FindAsync(long id, CancellationToken cancellationToken) =>
        _database.DeadLetters.AsNoTracking()
            .AsSplitQuery() // joined, the value would come again with every attempt
            .Include(letter => letter.Attempts.OrderBy(attempt => attempt.Number))
            .SingleOrDefaultAsync(letter => letter.Id == id, cancellationToken);
}
