using Microsoft.Extensions.Options;

namespace Partner.Relay;

internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        try
        {
            await using var app = Build(args);
            await app.RunAsync();
            return 0;
        }
        // A setting that is wrong, or a port that is taken: the reason alone helps.
        catch (Exception exception) when (exception is OptionsValidationException or IOException)
        {
            var reasons = (exception as OptionsValidationException)?.Failures ?? [exception.Message];
            await Console.Error.WriteLineAsync(string.Join('\n', reasons));
            return 1;
        }
    }

    internal static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        // Not the folder that it is started in: the settings there are those of the service beside.
        var options = new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory };
        var builder = WebApplication.CreateSlimBuilder(options);
        builder.AddRelayOptions();
        builder.AddListeners();
        builder.AddIngestKey();
        builder.AddRelaying();
        configure?.Invoke(builder);
        var app = builder.Build();
        app.UseHealth();
        app.RunRelaying();
        return app;
    }
}
