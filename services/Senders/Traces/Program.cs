using Partner.ServiceDefaults;
using Partner.Traces;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddTracesOptions();
builder.AddSending<TracesSender>();

var app = builder.Build();
app.UseServiceDefaults();
app.MapDefaultEndpoints();
app.MapSending();
app.Run();
