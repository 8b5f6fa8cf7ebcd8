using Microsoft.Extensions.Options;
using Partner.Demo;

if (args is ["check", ..])
{
    return await Check.RunAsync(args[1..]);
}

var builder = WebApplication.CreateBuilder(args);
builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
builder.Services.AddOptions<DemoOptions>().BindConfiguration("Demo").ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddSingleton(services => PartnerBackend.For(services.GetRequiredService<IOptions<DemoOptions>>().Value));
builder.Services.AddSingleton(services => new SandboxAdmin(services.GetRequiredService<IOptions<DemoOptions>>().Value.Sandbox));
builder.Services.AddSingleton<ReturnTo>();
builder.Services.AddHostedService<Seed>();

var app = builder.Build();
app.MapGet("/health", () => TypedResults.Ok());
app.MapSignIn();
await app.RunAsync();
return 0;
