using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Orders.Service.Storage;

/// <summary>The <c>migrate</c> mode of the host: brings the schema up to date, or prints how.</summary>
internal static class Migrate
{
    // Each of the other migration's statements about roles can refuse one of this one's, and several migrations may run.
    private const int MostAttempts = 20;

    private const string CatalogSchema = "pg_catalog";

    // Where Postgres says "tuple concurrently updated", in whatever language.
    private const string CatalogUpdate = "simple_heap_update";

    /// <summary>Applies what is missing; with <c>--script</c> prints an idempotent script instead and touches nothing. Returns the exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var builder = Host.CreateApplicationBuilder(args);
        var isScript = args.Contains("--script");
        if (isScript && string.IsNullOrWhiteSpace(builder.Configuration.GetConnectionString("Orders")))
        {
            // Nothing is connected to.
            builder.Configuration.AddInMemoryCollection([new("ConnectionStrings:Orders", "Host=none")]);
        }

        // Entity Framework reports the missing history table of a fresh database as an error; what counts is thrown.
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddStorage();
        using var host = builder.Build();
        await using var scope = host.Services.CreateAsyncScope();
        var schema = scope.ServiceProvider.GetRequiredService<IOptions<StorageOptions>>().Value.Schema;
        var database = scope.ServiceProvider.GetRequiredService<OrdersDbContext>().Database;
        if (isScript)
        {
            var script = database.GetService<IMigrator>().GenerateScript(options: MigrationsSqlGenerationOptions.Idempotent);
            Console.Out.WriteLine($"CREATE SCHEMA IF NOT EXISTS {schema};\nSET search_path = {schema};\n{script}");
            return 0;
        }

        var pending = (await database.GetPendingMigrationsAsync()).ToList();
        if (pending.Count > 0)
        {
            await ApplyAsync(database, scope.ServiceProvider.GetRequiredService<NpgsqlDataSource>(), schema);
        }

        Console.Out.WriteLine(pending.Count == 0 ? $"schema {schema} is up to date" : $"schema {schema}: applied {string.Join(", ", pending)}");
        return 0;
    }

    /// <summary>
    /// Roles belong to the whole cluster: another installation's migration may make or set the same one at the same moment. Postgres lets the second
    /// wait for the first and then refuses it; each migration is a transaction, so trying again goes on where that one began.
    /// </summary>
    private static async Task ApplyAsync(DatabaseFacade database, NpgsqlDataSource source, string schema)
    {
        // A table may be large, and one that is read or written just now is waited for.
        database.SetCommandTimeout(TimeSpan.Zero);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await CreateSchemaAsync(source, schema);
                await database.MigrateAsync();
                return;
            }
            catch (PostgresException refused) when (attempt < MostAttempts && IsOfAnotherMigration(refused))
            {
                // What it refused is there now.
            }
        }
    }

    private static bool IsOfAnotherMigration(PostgresException refused) =>
        refused.SqlState is PostgresErrorCodes.DuplicateObject or PostgresErrorCodes.DuplicateSchema
        || (refused.SqlState == PostgresErrorCodes.UniqueViolation && refused.SchemaName == CatalogSchema)
        || (refused.SqlState == PostgresErrorCodes.InternalError && refused.Routine == CatalogUpdate);

    /// <summary>The history of migrations lives in the schema too, so it is there before the first of them.</summary>
    private static async Task CreateSchemaAsync(NpgsqlDataSource database, string schema)
    {
        await using var create = database.CreateCommand($"CREATE SCHEMA IF NOT EXISTS {schema}");
        await create.ExecuteNonQueryAsync();
    }
}
