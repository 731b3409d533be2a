using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using Bus.Caching;

namespace Orders.Tests.Caching;

/// <summary>An origin whose answers a test sets, holds back, or fails.</summary>
internal sealed class FakeOrigin : ICacheOrigin
{
    private readonly Channel<TaskCompletionSource> _held = Channel.CreateUnbounded<TaskCompletionSource>();
    private int _reads;

    public ConcurrentDictionary<string, CachedValue> Values { get; } = new();

    public Exception? Failure { get; set; }

    /// <summary>Whether reads wait until <see cref="NextReadAsync"/> lets them go on.</summary>
    public bool HoldsReads { get; set; }

    public int Reads => Volatile.Read(ref _reads);

    public static CachedValue Value(long version, string text = "{}") => new(version, Encoding.UTF8.GetBytes(text));

    public async Task<CachedValue> ReadAsync(string key, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        // What is committed when the read begins; a later change is not in it.
        var value = Values.GetValueOrDefault(key, CachedValue.Unknown);
        if (HoldsReads)
        {
            var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _held.Writer.TryWrite(go);
            await go.Task.WaitAsync(cancellationToken);
        }

        return Failure is null ? value : throw Failure;
    }

    /// <summary>Waits until a read has begun, and returns what lets it end.</summary>
    public async Task<Action> NextReadAsync()
    {
        var go = await _held.Reader.ReadAsync(TestContext.Current.CancellationToken);
        return () => go.TrySetResult();
    }
}
