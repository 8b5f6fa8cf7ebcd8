using Partner.Incidents;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddIncidents();

var app = builder.Build();
app.UseServiceDefaults();
app.MapDefaultEndpoints();
app.MapIncidents();
app.MapDeliveries();
app.Run();
