using Microsoft.Extensions.DependencyInjection;

namespace Partner.Egress;

/// <summary>The guarded way out for a forwarder, which streams and therefore wants no client with a time limit.</summary>
public sealed class DatadogInvoker : IDisposable
{
    internal DatadogInvoker(HttpMessageHandler guarded) =>
        Invoker = new HttpMessageInvoker(guarded, disposeHandler: false);

    public HttpMessageInvoker Invoker { get; }

    public void Dispose() => Invoker.Dispose();
}

/// <summary>Adds <see cref="DatadogInvoker"/>.</summary>
public static class DatadogInvokers
{
    /// <summary>Needs <see cref="EgressBuilder.AddEgress"/>.</summary>
    public static IServiceCollection AddDatadogInvoker(this IServiceCollection services) =>
        services.AddSingleton(provider => new DatadogInvoker(
            provider.GetRequiredService<DatadogTransport>().NewHandler()
        ));
}
