using Orders.Tests.Servers;

[assembly: AssemblyFixture(typeof(SharedPostgres))]

namespace Orders.Tests.Servers;

/// <summary>One Postgres for all tests that do it no harm: take it in the constructor; it starts when a test first asks for it.</summary>
public sealed class SharedPostgres : IAsyncDisposable
{
    private readonly Lazy<Task<PostgresServer>> _server = new(() => PostgresServer.StartAsync(CancellationToken.None));

    /// <summary>The running server.</summary>
    public Task<PostgresServer> ServerAsync() => _server.Value;

    /// <summary>Creates an empty database under a name nobody else has, and gives its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(CancellationToken cancellationToken)
    {
        var server = await ServerAsync();
        return await server.CreateDatabaseAsync($"test_{Guid.NewGuid():N}", cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated)
        {
            await (await _server.Value).DisposeAsync();
        }
    }
}
