using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Weft.Resources;
using Weft.Stores.Log;

namespace Weft.Stores.Sqlite;

/// <summary>
/// The log as one append-only table. WAL with synchronous=FULL: a write that was acknowledged survives kill -9 and power
/// loss. Used by the writer loop only.
/// </summary>
internal sealed class SqliteLog : IRevisionLog
{
    private const int SchemaVersion = 1;

    // sqlite3.h result codes.
    private const int IoError = 10;
    private const int Full = 13;

    private readonly SqliteConnection _connection;
    private readonly SecretBox _secrets;
    private readonly string _path;

    private SqliteLog(SqliteConnection connection, SecretBox secrets, string path)
    {
        _connection = connection;
        _secrets = secrets;
        _path = path;
    }

    public static SqliteLog Open(SqliteStoreOptions options)
    {
        try
        {
            Directory.CreateDirectory(options.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            bool isNew = !File.Exists(options.DatabasePath);
            SqliteConnection connection = new(new SqliteConnectionStringBuilder { DataSource = options.DatabasePath, Pooling = false }.ToString());
            connection.Open();
            Prepare(connection, options);
            SecretBox secrets = SecretBox.Open(options.KeyPath, isNew || Scalar(connection, "SELECT EXISTS(SELECT 1 FROM log WHERE sealed = 1)") == 0);
            return new SqliteLog(connection, secrets, options.DatabasePath);
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new StoreUnusableException(OpenFailure(options, e), e);
        }
    }

    public LoadedLog Load()
    {
        long compacted = Scalar(_connection, "SELECT value FROM fact WHERE name = 'compacted'");
        List<ResourceEvent> events = [];
        Dictionary<ResourceKey, Resource> live = [];
        List<Resource> start = [];
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = "SELECT revision, operation, sealed, body, key FROM log ORDER BY revision";
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            long revision = reader.GetInt64(0);
            ResourceEventKind kind = (ResourceEventKind)reader.GetInt32(1);
            Resource resource = Decode(revision, reader.GetString(4), reader.GetBoolean(2), (byte[])reader[3]);
            if (revision <= compacted)
            {
                live[resource.Key] = resource;
                start.Add(resource);
                continue;
            }

            events.Add(new ResourceEvent(kind, revision, resource, live.GetValueOrDefault(resource.Key)));
            if (kind == ResourceEventKind.Deleted)
            {
                live.Remove(resource.Key);
            }
            else
            {
                live[resource.Key] = resource;
            }
        }

        return new LoadedLog(compacted, start, events);
    }

    public AppendStatus Append(IReadOnlyList<LogRecord> batch)
    {
        try
        {
            using SqliteTransaction transaction = _connection.BeginTransaction();
            using SqliteCommand command = _connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = "INSERT INTO log (revision, at, operation, key, writer, agent, sealed, body) VALUES ($revision, $at, $operation, $key, $writer, $agent, $sealed, $body)";
            foreach (LogRecord record in batch)
            {
                Bind(command, record);
                command.ExecuteNonQuery();
            }

            transaction.Commit();
            return AppendStatus.Kept;
        }
        catch (SqliteException e) when (e.SqliteErrorCode is Full or IoError)
        {
            return AppendStatus.Full;
        }
    }

    public void Compact(long revision)
    {
        try
        {
            using SqliteTransaction transaction = _connection.BeginTransaction();
            using SqliteCommand command = _connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText =
                """
                DELETE FROM log WHERE revision <= $revision AND (operation = 2 OR revision < (SELECT MAX(later.revision) FROM log later WHERE later.key = log.key AND later.revision <= $revision));
                UPDATE fact SET value = $revision WHERE name = 'compacted';
                """;
            command.Parameters.AddWithValue("$revision", revision);
            command.ExecuteNonQuery();
            transaction.Commit();
        }
        catch (SqliteException e) when (e.SqliteErrorCode is Full or IoError)
        {
            // Nothing was forgotten, nothing is lost: the next compaction tries again.
        }
    }

    public void Dispose()
    {
        _connection.Dispose();
        _secrets.Dispose();
    }

    private void Bind(SqliteCommand command, LogRecord record)
    {
        (ResourceEvent e, WriteOrigin origin, DateTimeOffset at) = record;
        bool seal = e.Resource is { Group: "", Kind: "Secret" };
        string key = KeyText(e.Resource.Key);
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(e.Resource.Json);
        command.Parameters.Clear();
        command.Parameters.AddWithValue("$revision", e.Revision);
        command.Parameters.AddWithValue("$at", at.ToString("O", CultureInfo.InvariantCulture));
        command.Parameters.AddWithValue("$operation", (int)e.Kind);
        command.Parameters.AddWithValue("$key", key);
        command.Parameters.AddWithValue("$writer", origin.User);
        command.Parameters.AddWithValue("$agent", origin.Agent);
        command.Parameters.AddWithValue("$sealed", seal);
        command.Parameters.AddWithValue("$body", seal ? _secrets.Seal(body, Bound(key, e.Revision)) : body);
    }

    private Resource Decode(long revision, string key, bool isSealed, byte[] body)
    {
        try
        {
            byte[] json = isSealed ? _secrets.Open(body, Bound(key, revision)) : body;
            return new Resource((JsonObject)JsonNode.Parse(json)!);
        }
        catch (Exception e) when (e is CryptographicException or JsonException or InvalidCastException)
        {
            throw new StoreUnusableException($"{_path}: revision {revision} ({key}) cannot be read ({e.Message}): restore the database and its key from one backup.", e);
        }
    }

    private static void Prepare(SqliteConnection connection, SqliteStoreOptions options)
    {
        string path = options.DatabasePath;
        Run(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=2000; PRAGMA journal_size_limit=67108864;");
        Run(connection, "PRAGMA locking_mode=EXCLUSIVE;");
        long version = Scalar(connection, "PRAGMA user_version");
        if (version > SchemaVersion)
        {
            throw new StoreUnusableException($"{path} was written by a newer Weft (form {version}, this one knows {SchemaVersion}): start the newer version.");
        }

        if (version == 0)
        {
            Run(connection,
                $"""
                BEGIN IMMEDIATE;
                CREATE TABLE log (revision INTEGER PRIMARY KEY, at TEXT NOT NULL, operation INTEGER NOT NULL, key TEXT NOT NULL,
                  writer TEXT NOT NULL, agent TEXT NOT NULL, sealed INTEGER NOT NULL, body BLOB NOT NULL);
                CREATE INDEX log_key ON log (key, revision);
                CREATE TABLE fact (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
                INSERT INTO fact VALUES ('compacted', 0);
                PRAGMA user_version = {SchemaVersion};
                COMMIT;
                """);
        }

        Run(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count={options.DatabaseBytesMax / Scalar(connection, "PRAGMA page_size")};"));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static string OpenFailure(SqliteStoreOptions options, Exception e) => e switch
    {
        SqliteException { SqliteErrorCode: 5 or 6 } => $"{options.DatabasePath} is in use: another weft-control runs with this home; stop it or choose another --home.",
        SqliteException { SqliteErrorCode: Full or IoError } => $"{options.DatabasePath} cannot be written, the file system seems full: free some space there.",
        SqliteException { SqliteErrorCode: 11 or 26 } => $"{options.DatabasePath} is damaged ({e.Message}): restore it from a backup, or move it away to start empty.",
        _ => $"{options.DatabasePath} cannot be opened ({e.Message}): check that this user may write in {options.Directory}.",
    };

    private static string KeyText(ResourceKey key) => $"{key.Group}/{key.Kind}/{key.Namespace}/{key.Name}";

    private static string Bound(string key, long revision) => string.Create(CultureInfo.InvariantCulture, $"{key}@{revision}");

    private static void Run(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static long Scalar(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }
}
