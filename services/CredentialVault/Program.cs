using Microsoft.Extensions.Options;
using Partner.CredentialVault.Audit;
using Partner.CredentialVault.Keys;
using Partner.CredentialVault.Owners;

namespace Partner.CredentialVault;

internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        try
        {
            await using var app = Build(args);
            return await app.RunAsync(args);
        }
        catch (OptionsValidationException wrong)
        {
            Console.Error.WriteLine(string.Join(Environment.NewLine, wrong.Failures));
            return 2;
        }
    }

    internal static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults();
        builder.AddVaultDatabase();
        builder.AddKeys();
        builder.AddAudit();
        builder.AddOwners();
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseServiceDefaults().MapDefaultEndpoints();
        app.MapInternal(routes => routes.MapOwners().MapSecrets().MapConnectionKeys().MapAudit().MapKeys());
        return app;
    }
}
