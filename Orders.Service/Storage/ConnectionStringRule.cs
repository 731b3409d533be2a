using Microsoft.Extensions.Options;
using Npgsql;

namespace Orders.Service.Storage;

/// <summary>Refuses a start without a connection string, or with one that is none. Its text is never repeated: it may hold a password.</summary>
internal sealed class ConnectionStringRule(IConfiguration configuration) : IValidateOptions<StorageOptions>
{
    private const string Form = "Give it as Host=…;Port=…;Username=…;Password=…;Database=….";

    public ValidateOptionsResult Validate(string? name, StorageOptions options) =>
        WhyNot(configuration.GetConnectionString("Orders")) is { } why ? ValidateOptionsResult.Fail(why) : ValidateOptionsResult.Success;

    private static string? WhyNot(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return $"ConnectionStrings:Orders is not set. {Form}";
        }

        try
        {
            return string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(text).Host) ? $"ConnectionStrings:Orders names no Host. {Form}" : null;
        }
        catch (ArgumentException wrong)
        {
            // A part with an impossible value is named; what is no part at all may be half of a password with a semicolon.
            var part = wrong.ParamName is { } named && new NpgsqlConnectionStringBuilder().ContainsKey(named) ? $" in its part '{named}'" : "";
            return $"ConnectionStrings:Orders cannot be read{part}. {Form}";
        }
    }
}
