using Npgsql;

namespace Orders.Tools.Running;

/// <summary>How each role reaches the parts of a private system.</summary>
internal sealed class Connections(Addresses addresses, string databaseSchema, Secrets secrets)
{
    public const string Database = "busorders";
    public const string SuperuserRole = "postgres";
    public const string OwnerRole = "busorders_owner";
    public const string ServiceRole = "busorders_service";
    public const string GatewayRole = "busorders_gateway";

    /// <summary>The role that owns the database and migrates it; its search path is the installation's schema.</summary>
    public string Owner => new NpgsqlConnectionStringBuilder(OwnerForHost) { SearchPath = databaseSchema }.ConnectionString;

    /// <summary>The same as hosts are given it: they set the search path themselves.</summary>
    public string OwnerForHost => Postgres(Database, OwnerRole, secrets.Owner);

    public string Service => Postgres(Database, ServiceRole, secrets.Service);

    public string Gateway => Postgres(Database, GatewayRole, secrets.Gateway);

    public string Superuser => Postgres("postgres", SuperuserRole, secrets.Superuser);

    public string SuperuserInDatabase => Postgres(Database, SuperuserRole, secrets.Superuser);

    public string OwnerUri =>
        $"postgresql://{OwnerRole}:{secrets.Owner}@127.0.0.1:{addresses.Postgres}/{Database}"
        + $"?options={Uri.EscapeDataString($"-csearch_path={databaseSchema}")}";

    public string Redis => $"127.0.0.1:{addresses.Redis},password={secrets.Redis}";

    public static Connections Of(SystemState state, Workspace workspace) =>
        new(state.Addresses, state.DatabaseSchema, Secrets.Of(workspace));

    private string Postgres(string database, string role, string password) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = addresses.Postgres,
        Database = database,
        Username = role,
        Password = password,
    }.ConnectionString;
}
