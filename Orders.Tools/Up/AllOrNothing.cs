namespace Orders.Tools.Up;

/// <summary>Runs tasks side by side; the first failure cancels the others and is the one that is thrown.</summary>
internal static class AllOrNothing
{
    public static async Task RunAsync(IReadOnlyList<Func<CancellationToken, Task>> tasks, CancellationToken cancellationToken)
    {
        using var others = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = tasks.Select(task => task(others.Token)).ToList();
        Exception? first = null;
        while (running.Count > 0)
        {
            var done = await Task.WhenAny(running);
            running.Remove(done);
            try
            {
                await done;
            }
            catch (Exception failure)
            {
                first ??= failure;
                await others.CancelAsync();
            }
        }

        if (first is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
        }
    }
}
