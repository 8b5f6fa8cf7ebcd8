using Partner.ServiceChecks;
using Partner.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddSending(new ServiceChecksSender());

var app = builder.Build();
app.UseServiceDefaults();
app.MapDefaultEndpoints();
app.MapSending();
app.Run();
