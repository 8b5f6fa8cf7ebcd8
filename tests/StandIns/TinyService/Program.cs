// Says what it was started with.
using System.Collections;

var builder = WebApplication.CreateBuilder(args);
if (builder.Configuration["Management:Port"] is { } managementPort)
{
    builder.WebHost.UseUrls($"{builder.Configuration["urls"]};http://localhost:{managementPort}");
}

var app = builder.Build();
app.MapGet("/health", () => "healthy");
app.MapGet("/environment", () => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
    .ToDictionary(e => (string)e.Key, e => (string?)e.Value));
app.MapGet("/process", () => Environment.ProcessId);
app.Run();
