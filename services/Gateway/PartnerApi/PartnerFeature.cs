using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;

namespace Partner.Gateway.PartnerApi;

internal static class PartnerFeature
{
    /// <summary>A credential whose role allows the method.</summary>
    public const string MethodPolicy = "PartnerMethod";

    /// <summary>A credential of any role: the service knows which of its POSTs are reads, and keeps a reader to those.</summary>
    public const string AnyMethodPolicy = "PartnerAnyMethod";

    public static void AddPartnerCredentials(this WebApplicationBuilder builder)
    {
        builder
            .Services.AddOptions<PartnerCredentialsOptions>()
            .BindConfiguration(PartnerCredentialsOptions.SectionName)
            .Validate(
                credentials => credentials.IsValid(),
                "PartnerCredentials: at least one, with a Token of 32 characters or more and a Role: read, manage."
            )
            .ValidateOnStart();
        builder.Services.AddSingleton<PartnerCredentials>();
        builder.Services.AddSingleton<CredentialPoller>();
        builder.Services.AddHostedService(services => services.GetRequiredService<CredentialPoller>());
        builder.Services.AddSingleton<ApiDocument>();
        builder
            .Services.AddAuthentication()
            .AddScheme<AuthenticationSchemeOptions, PartnerCredentialHandler>(PartnerCredentialHandler.Name, null);
        builder
            .Services.AddAuthorizationBuilder()
            .AddPolicy(MethodPolicy, PolicyOf(IsRead))
            .AddPolicy(AnyMethodPolicy, PolicyOf(_ => true));
    }

    private static AuthorizationPolicy PolicyOf(Func<HttpRequest, bool> reads) =>
        new AuthorizationPolicyBuilder(PartnerCredentialHandler.Name)
            .RequireAuthenticatedUser()
            .RequireAssertion(call =>
                PartnerRoles.Allows(
                    call.User.FindFirstValue(ClaimTypes.Role),
                    call.Resource is HttpContext context && reads(context.Request)
                )
            )
            .Build();

    private static bool IsRead(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
}
