using Partner.Events;
using Partner.Sending;
using Partner.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddSending(new EventsSender(TimeProvider.System));

var app = builder.Build();
app.UseServiceDefaults();
app.MapDefaultEndpoints();
app.MapSending();
app.Run();
