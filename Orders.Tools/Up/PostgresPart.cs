using Npgsql;
using Orders.Tools.Running;

namespace Orders.Tools.Up;

/// <summary>
/// A private Postgres cluster: made once, on loopback, with passwords. An interrupted making leaves only a folder that the next
/// attempt removes, because the data directory gets its name last.
/// </summary>
internal sealed class PostgresPart(Supervision supervision) : Part(ProcessName.Postgres, supervision)
{
    // The kernel takes at most 107 bytes for a socket's path, which ends in "/.s.PGSQL.32000".
    private const int LongestSocketFolder = 90;

    private string Home => Supervision.Workspace.In("postgres");

    private string Data => Path.Combine(Home, "data");

    private string SocketFolder => System.Text.Encoding.UTF8.GetByteCount(Home) <= LongestSocketFolder ? Home : "";

    protected override TimeSpan Patience => TimeSpan.FromSeconds(60);

    /// <summary>Makes the owner role and the database, if they are not there.</summary>
    public async Task CreateDatabaseAsync(CancellationToken cancellationToken)
    {
        var secrets = Secrets.Of(Supervision.Workspace);
        await using var connection = new NpgsqlConnection(Supervision.Connections.Superuser);
        await connection.OpenAsync(cancellationToken);
        if (!await ExistsAsync(connection, "SELECT 1 FROM pg_roles WHERE rolname = $1", Connections.OwnerRole, cancellationToken))
        {
            await ExecuteAsync(connection, $"CREATE ROLE {Connections.OwnerRole} LOGIN CREATEROLE", cancellationToken);
        }

        await ExecuteAsync(connection, $"ALTER ROLE {Connections.OwnerRole} PASSWORD '{secrets.Owner}'", cancellationToken);
        if (!await ExistsAsync(connection, "SELECT 1 FROM pg_database WHERE datname = $1", Connections.Database, cancellationToken))
        {
            await ExecuteAsync(connection, $"CREATE DATABASE {Connections.Database} OWNER {Connections.OwnerRole}", cancellationToken);
        }
    }

    /// <summary>Gives the roles that the migrations made their passwords.</summary>
    public async Task SetPasswordsAsync(CancellationToken cancellationToken)
    {
        var secrets = Secrets.Of(Supervision.Workspace);
        await using var connection = new NpgsqlConnection(Supervision.Connections.Superuser);
        await connection.OpenAsync(cancellationToken);
        await ExecuteAsync(connection, $"ALTER ROLE {Connections.ServiceRole} PASSWORD '{secrets.Service}'", cancellationToken);
        await ExecuteAsync(connection, $"ALTER ROLE {Connections.GatewayRole} PASSWORD '{secrets.Gateway}'", cancellationToken);
    }

    protected override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (Directory.Exists(Data))
        {
            return;
        }

        var fresh = Path.Combine(Home, "data.new");
        var passwordFile = Path.Combine(Home, "password");
        await Programs.MustRunAsync("rm", ["-rf", fresh, passwordFile], null, cancellationToken);
        Directory.CreateDirectory(Home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await WriteForOwnerAsync(passwordFile, Secrets.Of(Supervision.Workspace).Superuser, cancellationToken);
        if (Environment.IsPrivilegedProcess)
        {
            await Programs.MustRunAsync("chown", ["-R", "postgres:postgres", Home], null, cancellationToken);
        }

        var command = Launch.AsPostgres(
            Binaries().InitDb, "--pgdata", fresh, "--username", Connections.SuperuserRole, "--pwfile", passwordFile,
            "--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale", "--no-instructions");
        await Programs.MustRunAsync(command[0], command[1..], null, cancellationToken);
        File.Delete(passwordFile);
        Directory.Move(fresh, Data);
    }

    protected override Launch Describe()
    {
        string[] settings =
        [
            "listen_addresses=127.0.0.1", $"port={Supervision.State.Addresses.Postgres}", $"unix_socket_directories={SocketFolder}",
            "fsync=on", "password_encryption=scram-sha-256", "cluster_name=busorders",

            // A checkpoint each gigabyte of log, the default, makes every page be logged whole again.
            "max_wal_size=4GB",

            // Pages that the processor's cache can hold: each new page is taken in turn from all of the buffers, and with 256 MB each was cold
            // memory again (docs/performance.md). The log's buffers would shrink with them.
            "shared_buffers=64MB", "wal_buffers=16MB",

            // Else the commit that needs a new file of the log waits until it is filled with zeros.
            "wal_init_zero=off",
        ];
        var command = Launch.AsPostgres([Binaries().Server, "-D", Data, .. settings.SelectMany(setting => new[] { "-c", setting })]);
        return new(Log, command[0], command[1..]);
    }

    protected override async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        var connectionString = new NpgsqlConnectionStringBuilder(Supervision.Connections.Superuser) { Pooling = false, Timeout = 2 };
        await using var connection = new NpgsqlConnection(connectionString.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return true;
    }

    private static async Task WriteForOwnerAsync(string file, string content, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(file, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(content), cancellationToken);
    }

    private static async Task<bool> ExistsAsync(NpgsqlConnection connection, string query, string name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(query, connection) { Parameters = { new() { Value = name } } };
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private PostgresBinaries Binaries() =>
        PostgresBinaries.Find(Data) ?? throw BusException.Unreachable("No PostgreSQL is installed. Run: apt-get install postgresql");
}
