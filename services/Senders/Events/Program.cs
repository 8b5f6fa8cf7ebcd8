using Partner.Events;
using Partner.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddSending(new EventsSender());

var app = builder.Build();
app.UseServiceDefaults();
app.MapDefaultEndpoints();
app.MapSending();
app.Run();
