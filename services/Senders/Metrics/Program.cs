using Partner.Metrics;
using Partner.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddSending(new MetricsSender());

var app = builder.Build();
app.UseServiceDefaults();
app.MapDefaultEndpoints();
app.MapSending();
app.Run();
