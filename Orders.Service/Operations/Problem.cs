using System.Diagnostics;
using System.Text.Json.Serialization;

namespace Orders.Service.Operations;

/// <summary>An error as RFC 9457 has it; programs branch on <see cref="Code"/>.</summary>
internal sealed record Problem(
    int Status,
    string Code,
    string Title,
    string Detail,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Param = null)
{
    public string Type => "/problems/" + Code.Replace('_', '-');

    public string TraceId { get; init; } = "";

    public static Problem InvalidParameter(string param, string detail) =>
        new(StatusCodes.Status400BadRequest, "invalid_parameter", "A parameter is not valid", detail, param);

    public static Problem NoSuchDeadLetter(string id) =>
        new(StatusCodes.Status404NotFound, "dead_letter_not_found", "No such dead letter",
            $"There is no dead letter {(id.Length <= 20 ? id : id[..20] + "…")}. The list at /dead-letters shows all there are.");

    /// <summary>What a bare status code of the framework means here.</summary>
    public static Problem OfStatus(int status) => status switch
    {
        StatusCodes.Status404NotFound => new(
            status, "not_found", "No such address", "There is nothing at this address. Start at the overview, /."),
        StatusCodes.Status405MethodNotAllowed => new(
            status, "method_not_allowed", "Method not allowed",
            "This address does not take that method; the Allow header names those it takes."),
        StatusCodes.Status413PayloadTooLarge => new(
            status, "body_too_large", "Body too large",
            $"A request's body may hold at most {OperationsRegistration.MaxRequestBodyBytes} bytes."),
        StatusCodes.Status415UnsupportedMediaType => new(
            status, "unsupported_media_type", "Media type not supported", "Send the body as application/json, or send none."),
        < StatusCodes.Status500InternalServerError => new(status, "bad_request", "Bad request", "The request could not be read."),
        _ => new(StatusCodes.Status500InternalServerError, "internal_error", "Something went wrong in the service",
            "The service's log holds the details under the trace id."),
    };

    /// <summary>The id under which traces and logs know the request.</summary>
    public static string TraceIdOf(HttpContext context) => Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier;
}
