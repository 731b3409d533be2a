namespace Orders.Tests.Servers;

/// <summary>
/// Told to hold, it keeps back an answer to the question where logs end, and all that follows it on that connection: the broker seems to hang for
/// the one who asked.
/// </summary>
internal sealed class LookProxy(string broker) : KafkaProxy(broker)
{
    private const short ListOffsets = 2;

    /// <summary>The time in such a request, -2, that asks where a log begins.</summary>
    private static readonly byte[] Beginning = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE];

    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _askedAgain = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isHolding;

    /// <summary>The next answer that says where logs end is held back; completes when the broker has given it.</summary>
    public Task HoldAsync()
    {
        _isHolding = true;
        return _held.Task;
    }

    /// <summary>What was held goes on its way, and nothing is held any more; completes at the next question about logs.</summary>
    public Task ReleaseAsync()
    {
        _isHolding = false;
        _released.TrySetResult();
        return _askedAgain.Task;
    }

    protected override (Func<Memory<byte>, Task<bool>> Ask, Func<Memory<byte>, Task<bool>> Answer) Meet(CancellationToken over)
    {
        var holdsFor = -1;
        return (AskAsync, AnswerAsync);

        Task<bool> AskAsync(Memory<byte> request)
        {
            if (Kind(request) == ListOffsets)
            {
                if (_released.Task.IsCompleted)
                {
                    _askedAgain.TrySetResult();
                }

                if (_isHolding && request.Span.IndexOf(Beginning) < 0)
                {
                    Volatile.Write(ref holdsFor, NumberOf(request[4..]));
                }
            }

            return Task.FromResult(true);
        }

        async Task<bool> AnswerAsync(Memory<byte> answer)
        {
            if (NumberOf(answer) == Volatile.Read(ref holdsFor))
            {
                _held.TrySetResult();
                await _released.Task.WaitAsync(over);
            }

            return true;
        }
    }
}
