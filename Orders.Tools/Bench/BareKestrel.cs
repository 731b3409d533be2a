using System.CommandLine;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Primitives;
using Orders.Tools.Running;

namespace Orders.Tools.Bench;

/// <summary>An answer that is always the same.</summary>
/// <param name="Headers">Its headers, without those that the server writes by itself.</param>
/// <param name="Body">Its body.</param>
internal sealed record FixedAnswer(IReadOnlyDictionary<string, string> Headers, byte[] Body);

/// <summary>Kestrel with one handler and nothing else, in a process of its own: the most that a gateway on it could do.</summary>
internal static class BareKestrel
{
    public const string Verb = "bare-kestrel";

    public static Command Define()
    {
        var port = new Option<int>("--port") { Required = true };
        var answer = new Option<string>("--answer") { Required = true };
        var command = new Command(Verb, "Answers every request with the same bytes.") { Hidden = true, Options = { port, answer } };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var file = arguments.GetRequiredValue(answer);
            await ServeAsync(
                arguments.GetRequiredValue(port),
                StateFile.Read<FixedAnswer>(file) ?? throw BusException.Failed($"{file} is not there."),
                cancellationToken);
            return ExitCode.Fine;
        });
        return command;
    }

    private static async Task ServeAsync(int port, FixedAnswer answer, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        await using var app = builder.Build();
        var contentType = answer.Headers.GetValueOrDefault("Content-Type");
        var others = answer.Headers.Where(header => header.Key != "Content-Type")
            .Select(header => (header.Key, Value: new StringValues(header.Value))).ToArray();
        app.Run(context =>
        {
            var response = context.Response;
            response.ContentType = contentType;
            response.ContentLength = answer.Body.Length;
            foreach (var (name, value) in others)
            {
                response.Headers[name] = value;
            }

            return response.Body.WriteAsync(answer.Body, 0, answer.Body.Length);
        });
        await app.StartAsync(cancellationToken);
        var stopped = new TaskCompletionSource();
        await using var stop = cancellationToken.Register(stopped.SetResult);
        await stopped.Task;
        await app.StopAsync(CancellationToken.None);
    }
}
