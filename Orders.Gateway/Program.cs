using Orders.Gateway;
using Orders.Gateway.Following;
using Orders.Gateway.Page;
using Orders.Gateway.Priming;
using Orders.Gateway.Reading;
using Orders.Gateway.Serving;
using Orders.Gateway.Starting;

return await Start.RunAsync(ServeAsync);

async Task ServeAsync()
{
    var builder = WebApplication.CreateSlimBuilder(args);

    builder.AddGatewayHost();                   // the address, limits, quiet request logs
    builder.Services.AddOrderReading();         // misses: the view in Postgres, behind L1 and L2
    builder.Services.AddOrderFollowing();       // changes: the tail of order-events
    builder.Services.AddOrderPriming();         // the start: the newest orders, before the host is ready
    builder.Services.AddOrderServing();         // GET /order/{uid}

    var app = builder.Build();

    app.CheckSettings();
    app.UseOrders();                            // first, so that an order from L1 passes nothing else
    app.UseProblems();                          // every other error as problem+json
    app.MapOrderPage();                         // / and its assets
    app.MapHealth();                            // /health/live, /health/ready, /health/startup
    app.MapApiDescription();                    // /openapi/v1.json

    await app.RunAsync();
}
