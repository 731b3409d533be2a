using Bus.Storage.DeadLetters;
using Microsoft.EntityFrameworkCore;

namespace Bus.Storage;

/// <summary>Brings the tables of this library into an application's <see cref="DbContext"/>.</summary>
public static class BusStorageModel
{
    /// <summary>The DDL of version 1, for the application's migration: unqualified names, the connection's search_path decides.</summary>
    public static string SchemaVersion1 { get; } = SqlText.Read("Schema.v1.sql");

    /// <summary>What version 2 adds.</summary>
    public static string SchemaVersion2 { get; } = SqlText.Read("Schema.v2.sql");

    /// <summary>What version 3 adds: bounds on disk.</summary>
    public static string SchemaVersion3 { get; } = SqlText.Read("Schema.v3.sql");

    /// <summary>What version 4 changes: defaults that let <c>COPY</c> insert a page at a time.</summary>
    public static string SchemaVersion4 { get; } = SqlText.Read("Schema.v4.sql");

    /// <summary>What version 5 adds: reprocessing, and what a log is known by.</summary>
    public static string SchemaVersion5 { get; } = SqlText.Read("Schema.v5.sql");

    /// <summary>What version 6 adds: starts and crashes.</summary>
    public static string SchemaVersion6 { get; } = SqlText.Read("Schema.v6.sql");

    /// <summary>What version 7 changes: events of one transaction share rows of the outbox.</summary>
    public static string SchemaVersion7 { get; } = SqlText.Read("Schema.v7.sql");

    /// <summary>Maps the dead letters; inbox and outbox are reached with statements over arrays, never row by row.</summary>
    public static ModelBuilder AddBusStorage(this ModelBuilder model)
    {
        model.Entity<DeadLetter>(entity =>
        {
            entity.ToTable("dead_letter");
            entity.HasKey(letter => letter.Id);
            entity.HasMany(letter => letter.Attempts).WithOne().HasForeignKey(attempt => attempt.DeadLetterId);
        });
        model.Entity<DeadLetterAttempt>(entity =>
        {
            entity.ToTable("dead_letter_attempt");
            entity.HasKey(attempt => new { attempt.DeadLetterId, attempt.Number });
        });
        foreach (var property in model.Model.GetEntityTypes()
            .Where(entity => entity.ClrType.Assembly == typeof(BusStorageModel).Assembly)
            .SelectMany(entity => entity.GetProperties()))
        {
            property.SetColumnName(SnakeCase(property.Name));
        }

        return model;
    }

    private static string SnakeCase(string name) => string.Concat(
        name.Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "_") + char.ToLowerInvariant(c) : c.ToString()));
}
