using System.Net;
using Microsoft.Extensions.Options;

namespace Partner.Relay;

/// <summary>What is more than the range of one value.</summary>
internal sealed class RelayOptionsRules : IValidateOptions<RelayOptions>
{
    public ValidateOptionsResult Validate(string? name, RelayOptions options)
    {
        string[] faults = [.. Faults(options)];
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static IEnumerable<string> Faults(RelayOptions options)
    {
        if (GatewayAddress.Judge(options.Gateway, options) is { } gateway)
        {
            yield return $"Relay:Gateway {gateway}";
        }

        if (options.GrpcGateway is not null && GatewayAddress.Judge(options.GrpcGateway, options) is { } grpc)
        {
            yield return $"Relay:GrpcGateway {grpc}";
        }

        // The server takes a name that it does not know for every address.
        if (options.Address != "localhost" && !IPAddress.TryParse(options.Address, out _))
        {
            yield return "Relay:Address is localhost or an IP address.";
        }

        if ((options.Key is null) == (options.KeyFile is null))
        {
            yield return "Either Relay:KeyFile or Relay:Key is needed.";
        }
        else if (KeyText.Read(options).Fault is { } key)
        {
            yield return key;
        }
    }
}
