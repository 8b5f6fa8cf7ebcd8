using Partner.Contracts;
using Partner.Gateway.Forwarding;
using Partner.Gateway.Limits;
using Partner.ServiceDefaults;

namespace Partner.Gateway.PartnerApi;

/// <summary>The partner API: a bearer credential, and its name and role for the service behind.</summary>
internal sealed class PartnerDoor(PartnerCredentials credentials, CredentialPoller poller, RequestLimits limits)
{
    /// <param name="anyMethod">The service knows which of its POSTs are reads, and keeps a reader to those.</param>
    public async ValueTask<Entry> AdmitAsync(HttpContext context, string service, bool anyMethod = false)
    {
        // More than one Authorization header is joined by a comma here, and then is no credential.
        var token = PartnerCredentials.TokenOf(context.Request.Headers.Authorization.ToString());
        var credential = token is null ? null : credentials.Find(token);
        if (credential is null && token is not null && PartnerCredentials.CouldBeIssued(token))
        {
            // It may have been made a moment ago.
            if (!await poller.PollAgainAsync())
            {
                return limits.Failure(context, HttpRejection.Unavailable(UnavailableCause.CredentialUnconfirmed));
            }

            credential = credentials.Find(token);
        }

        if (credential is null)
        {
            return limits.Failure(context, HttpRejection.Unauthenticated);
        }

        return PartnerRoles.Allows(credential.Role, reads: anyMethod || IsRead(context.Request.Method))
            ? new Passage(
                service,
                new ServiceClaims(Actor: credential.Actor, Role: credential.Role),
                PassageKind.Partner
            )
            : HttpRejection.ReadOnly;
    }

    private static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);
}

internal static class PartnerFeature
{
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
        builder.Services.AddSingleton<PartnerDoor>();
        builder.Services.AddSingleton<ApiDocument>();
    }
}
