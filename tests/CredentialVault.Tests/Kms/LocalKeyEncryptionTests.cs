using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Partner.CredentialVault.Keys;

namespace Partner.CredentialVault.Tests.Kms;

/// <summary>The key ring of a file, by the contract.</summary>
public sealed class LocalKeyEncryptionTests : KeyEncryptionContract
{
    private protected override Task<IKeySource> StartAsync() => Task.FromResult<IKeySource>(new FileSource());

    private sealed class FileSource : IKeySource
    {
        private readonly List<(int, string)> _keys = [(1, VaultApp.NewKey())];
        private readonly List<int> _retired = [];
        private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        private readonly RingFile _file;

        public FileSource()
        {
            _file = new RingFile(1, [], [.. _keys]);
            Keys = new LocalKeyEncryption(
                Options.Create(new KeyRingOptions { Path = _file.Settings["KeyRing:Path"] }),
                new VaultMetrics(_services.GetRequiredService<IMeterFactory>()),
                NullLogger<LocalKeyEncryption>.Instance
            );
        }

        public IKeyEncryption Keys { get; }

        public void AddVersion()
        {
            _keys.Add((_keys.Count + 1, VaultApp.NewKey()));
            Write();
        }

        public void Retire(int version)
        {
            _retired.Add(version);
            Write();
        }

        public ValueTask DisposeAsync()
        {
            _file.Dispose();
            return _services.DisposeAsync();
        }

        private void Write() => _file.Write(_keys.Count, [.. _retired], [.. _keys]);
    }
}
