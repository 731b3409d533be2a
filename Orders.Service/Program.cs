using Bus.Kafka.Clients;
using Bus.Kafka.Records;
using Bus.Kafka.Rider;
using MassTransit;
using Orders.Contracts;
using Orders.Service.Failures;
using Orders.Service.Ingest;
using Orders.Service.Operations;
using Orders.Service.Relay;
using Orders.Service.Reprocessing;
using Orders.Service.Starting;
using Orders.Service.Storage;
using Orders.Service.Tidying;

return await Start.RunAsync(args is ["migrate", ..] ? () => Migrate.RunAsync(args[1..]) : ServeAsync);

async Task<int> ServeAsync()
{
    var builder = WebApplication.CreateBuilder(args);
    builder.Logging.QuietStart();               // what is configured wrongly is said in a line each
    builder.Services.AddKafka();                // where the brokers are
    builder.Services.AddStorage();              // orders, inbox, outbox and dead letters in Postgres
    builder.Services.AddIngest();               // a batch of records: decode, fold, store, account for
    builder.Services.AddFailures();             // what happens to a record that cannot be stored
    builder.Services.AddReprocessing();         // a range of the topic once more, when an operator asks
    builder.Services.AddOrderRelay();           // outbox events, in order per order, to order-events
    builder.Services.AddTidying();              // old inbox ranges merge, resolved dead letters expire
    builder.AddOperations();                    // dashboard, REST for the command, health
    builder.Services.AddMassTransit(bus =>
    {
        bus.DisableUsageTelemetry();
        bus.UsingInMemory();
        bus.AddRider(rider =>
        {
            rider.AddConsumer<IngestConsumer>();
            rider.UsingKafka((context, kafka) =>
                kafka.TopicEndpoint<RecordBatch<OrderReceived>>(Topics.Orders, context.IngestGroup(), endpoint => endpoint.ConfigureIngest(context)));
        });
    });

    var app = builder.Build();
    app.CheckSettings();
    app.MapOperations();
    await app.RunAsync();
    return 0;
}
