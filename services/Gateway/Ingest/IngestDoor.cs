using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Partner.Gateway.Forwarding;
using Partner.Gateway.Limits;
using Partner.ServiceDefaults;

namespace Partner.Gateway.Ingest;

/// <summary>Datadog's intake: a key, its connection's rate, a size; the body is nobody's business here.</summary>
internal sealed class IngestDoor(KeyCheck keys, RequestLimits limits)
{
    public async ValueTask<Entry> AdmitAsync(HttpContext context, string sender, IngestRoute route)
    {
        var (key, refusal) = await keys.IdentifyAsync(context, route.MissingKeyStatus);
        if (key is null)
        {
            return refusal!;
        }

        if (limits.Connection(key.Connection) is { } tooMany)
        {
            return tooMany;
        }

        if (context.Request.ContentLength > route.MaxBytes)
        {
            return HttpRejection.TooLarge;
        }

        // For a body that does not say its length; Kestrel ends the reading at this many bytes.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = route.MaxBytes;
        }

        return new Passage(
            sender,
            new ServiceClaims(Connection: key.Connection.Text, Strict: key.Strict),
            PassageKind.Ingest
        );
    }
}

internal static class IngestFeature
{
    public static void AddIngest(this WebApplicationBuilder builder)
    {
        SendersOptions.AddRoutesOfSenders(builder.Configuration);
        builder.Services.AddOptions<IngestOptions>().BindConfiguration(IngestOptions.SectionName);
        builder.Services.AddOptions<SendersOptions>().BindConfiguration(SendersOptions.SectionName).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<SendersOptions>, SendersValidation>();
        builder.Services.AddSingleton<IHttpContextFactory, KeylessUrls>();
        builder.Services.AddSingleton<KeyCheck>();
        builder.Services.AddSingleton<IngestDoor>();
    }
}
