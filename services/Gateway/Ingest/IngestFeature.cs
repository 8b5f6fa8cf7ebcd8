using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Partner.Gateway.Browser;

namespace Partner.Gateway.Ingest;

internal static class IngestFeature
{
    public static void AddIngest(this WebApplicationBuilder builder)
    {
        SendersOptions.AddRoutesOfSenders(builder.Configuration);
        builder.Services.AddOptions<IngestOptions>().BindConfiguration(IngestOptions.SectionName);
        builder.Services.AddOptions<SendersOptions>().BindConfiguration(SendersOptions.SectionName).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<SendersOptions>, SendersValidation>();
        builder.Services.AddSingleton<IHttpContextFactory, KeylessUrls>();
        builder
            .Services.AddAuthentication()
            .AddScheme<AuthenticationSchemeOptions, IngestKeyHandler>(IngestKeyHandler.Name, null);
        builder
            .Services.AddAuthorizationBuilder()
            .AddPolicy(
                IngestKeyHandler.Name,
                policy => policy.AddAuthenticationSchemes(IngestKeyHandler.Name).RequireAuthenticatedUser()
            );
        builder.AddBrowser();
    }
}
