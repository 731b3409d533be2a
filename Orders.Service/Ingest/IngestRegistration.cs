using System.ComponentModel.DataAnnotations;
using Bus.Kafka.Endpoints;
using Bus.Kafka.Records;
using Bus.Kafka.Rider;
using MassTransit;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orders.Contracts;
using Orders.Service.Failures;
using Orders.Service.Ingest.Decoding;
using Orders.Service.Operations;

namespace Orders.Service.Ingest;

/// <summary>Who reads the orders, and how. Section <c>Ingest</c>; the limits of a record are <see cref="DecodingOptions"/>.</summary>
internal sealed class IngestOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Ingest";

    /// <summary>The consumer group. Default <c>orders-service</c>. Another name reads the topic from its beginning, into the same tables.</summary>
    [Required(ErrorMessage = "Ingest:Group must not be empty.")]
    public string Group { get; set; } = "orders-service";

    /// <summary>How often a batch that met a transient failure is tried at once, besides the first time. Default 3; then it is held and tried slowly.</summary>
    [Range(0, 20, ErrorMessage = "Ingest:Retries must be 0 to 20.")]
    public int Retries { get; set; } = 3;

    /// <summary>Batch sizes, queues and patience of the reader.</summary>
    public TopicEndpointOptions Reading { get; } = new();
}

/// <summary>The door to ingest.</summary>
internal static class IngestRegistration
{
    public static IServiceCollection AddIngest(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<IngestOptions>().BindConfiguration(IngestOptions.Section).ValidateDataAnnotations();
        services.AddDecoding();
        services.AddSingleton<RecordDecoder>();
        services.TryAddSingleton<IngestNotes>();
        services.AddSingleton<OptimisticInsert>();
        services.AddSingleton<BatchIngest>();
        services.AddSingleton<IReadinessCheck, IngestReadiness>();
        services.AddSingleton<Rehearsal>();
        services.AddSingleton<IReadinessCheck>(provider => provider.GetRequiredService<Rehearsal>());
        services.AddHostedService(provider => provider.GetRequiredService<Rehearsal>());
        return services;
    }

    /// <summary>The group that reads the orders.</summary>
    public static string IngestGroup(this IRegistrationContext context) => context.GetRequiredService<IOptions<IngestOptions>>().Value.Group;

    /// <summary>How the orders endpoint works: transient failures are tried again at once, a record that fails alone is kept
    /// aside, all else the rider holds.</summary>
    public static void ConfigureIngest(this IKafkaTopicEndpointConfigurator endpoint, IRegistrationContext context)
    {
        var options = context.GetRequiredService<IOptions<IngestOptions>>().Value;
        endpoint.Read(options.Reading);
        endpoint.PassThrough(context.GetRequiredService<IngestGate>());
        if (options.Retries > 0)
        {
            endpoint.UseMessageRetry(retry =>
            {
                retry.Handle<Exception>(exception => FailurePolicy.ClassOf(exception) == FailureClass.Transient);
                retry.Exponential(options.Retries, TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(40));
            });
        }

        var takeover = context.GetRequiredService<TakeoverFilter>();
        var guard = context.GetRequiredService<CrashGuard>();
        var bisection = context.GetRequiredService<BisectionFilter>();
        endpoint.ConfigureConsumer<IngestConsumer>(context, consumer => consumer.Message<RecordBatch<OrderReceived>>(message =>
        {
            message.UseFilter(takeover);
            message.UseFilter(guard);
            message.UseFilter(bisection);
        }));
    }
}
