using Npgsql;
using Orders.Tests.Servers;
using Orders.Tools.Running;

namespace Orders.Tests.Faults;

/// <summary>What happens to a database: done to the system's private Postgres, by its superuser or by signals.</summary>
internal sealed class PostgresFaults : IAsyncDisposable
{
    private readonly FaultSystem _system;
    private int? _server;
    private readonly NpgsqlDataSource _superuser;

    public PostgresFaults(FaultSystem system)
    {
        _system = system;

        // No pool: what is done to other sessions must not find this one among them, and a restart must not be met by a dead one.
        _superuser = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(system.Bus.Connections.SuperuserInDatabase)
        {
            Pooling = false,
            SearchPath = "orders",
        }.ConnectionString);
    }

    /// <summary>Ends every session of both hosts; returns how many.</summary>
    public Task<long> EndSessionsAsync() => QueryAsync(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename IN ('busorders_service', 'busorders_gateway')");

    /// <summary>As a standby that took over too early: every transaction is read-only.</summary>
    public async Task SetReadOnlyAsync(bool isReadOnly)
    {
        await ExecuteAsync(isReadOnly ? "ALTER SYSTEM SET default_transaction_read_only = on" : "ALTER SYSTEM RESET default_transaction_read_only");
        await ExecuteAsync("SELECT pg_reload_conf()");
    }

    /// <summary>How many sessions the service may have; null for any number.</summary>
    public Task LimitSessionsAsync(int? most) => ExecuteAsync($"ALTER ROLE busorders_service CONNECTION LIMIT {most ?? -1}");

    /// <summary>A transaction of somebody else's, with a connection of its own.</summary>
    public async Task<NpgsqlTransaction> BeginAsync()
    {
        var connection = await _superuser.OpenConnectionAsync(TestContext.Current.CancellationToken);
        return await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Stops the server and all its sessions where they are, by <c>STOP</c>, or lets them go on, by <c>CONT</c>.</summary>
    public async Task SignalAllAsync(string signal)
    {
        if (_server is null)
        {
            // While it is frozen nobody can ask it anything, so the answer is kept.
            using var server = await _system.Bus.ProcessAsync(ProcessName.Postgres);
            _server = server.Id;
        }

        await Signal.SendToFamilyAsync(_server.Value, signal);
    }

    public async Task<long> QueryAsync(string sql)
    {
        await using var command = _superuser.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = _superuser.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync() => _superuser.DisposeAsync();
}
