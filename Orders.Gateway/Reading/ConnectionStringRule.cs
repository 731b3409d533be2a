using Microsoft.Extensions.Options;
using Npgsql;

namespace Orders.Gateway.Reading;

/// <summary>Refuses a start without a connection string, or with one that is none. Its text is never repeated: it may hold a password.</summary>
internal sealed class ConnectionStringRule(IConfiguration configuration) : IValidateOptions<StorageOptions>
{
    private const string Form = "Give it as Host=…;Port=5432;Username=busorders_gateway;Password=…;Database=….";

    public ValidateOptionsResult Validate(string? name, StorageOptions options)
    {
        var given = configuration.GetConnectionString("Orders");
        if (string.IsNullOrWhiteSpace(given))
        {
            return ValidateOptionsResult.Fail($"ConnectionStrings:Orders is not set. {Form}");
        }

        try
        {
            return string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(given).Host)
                ? ValidateOptionsResult.Fail($"ConnectionStrings:Orders names no Host. {Form}")
                : ValidateOptionsResult.Success;
        }
        catch (ArgumentException wrong)
        {
            // A part with an impossible value is named; what is no part at all may be half of a password with a semicolon.
            var part = wrong.ParamName is { } named && new NpgsqlConnectionStringBuilder().ContainsKey(named) ? $" in its part '{named}'" : "";
            return ValidateOptionsResult.Fail($"ConnectionStrings:Orders cannot be read{part}. {Form}");
        }
    }
}
