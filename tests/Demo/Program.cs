using Microsoft.Extensions.Options;
using Partner.Demo;

if (args is ["demo", "--AppHost", var program, ..])
{
    // artifacts/bin/AppHost/<configuration>/AppHost.dll
    var log = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(program)!, "..", "..", "..", "demo.log"));
    Console.Error.WriteLine($"Starting the system (its log: {log})");
    await using var system = await AppHostProcess.StartAsync(program, log);
    return await Check.RunAsync(system.Gateway, system.Sandbox, system.PartnerToken, args[3..]);
}

var builder = WebApplication.CreateBuilder(args);
builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
builder.Services.AddOptions<DemoOptions>().BindConfiguration("Demo").ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddSingleton(services =>
    PartnerBackend.For(services.GetRequiredService<IOptions<DemoOptions>>().Value)
);
builder.Services.AddSingleton(services => new SandboxAdmin(
    services.GetRequiredService<IOptions<DemoOptions>>().Value.Sandbox
));
builder.Services.AddSingleton<ReturnTo>().AddSingleton<DemoTenants>().AddSingleton<Commands>();
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton<FirstRun>();
builder.Services.AddHostedService(services => services.GetRequiredService<FirstRun>());

var app = builder.Build();
app.MapGet("/health", () => TypedResults.Ok());
app.MapSignIn();
Commands.Map(app);
app.MapGet("/first-run", (FirstRun run, CancellationToken stopping) => run.TextAsync(stopping));
await app.RunAsync();
return 0;
