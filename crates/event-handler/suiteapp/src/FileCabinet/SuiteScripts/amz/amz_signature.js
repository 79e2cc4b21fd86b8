/**
 * Signatures of the Standard Webhooks specification: HMAC-SHA256 of "<id>.<timestamp>.<body>".
 *
 * The API secret custsecret_amz_signing holds the base64 part of the signing secret: what follows "whsec_". The script
 * never sees it; N/crypto takes it by its id.
 *
 * @NApiVersion 2.1
 * @NModuleScope SameAccount
 */
define(['N/crypto', 'N/encode'], (crypto, encode) => {
    const SECRET = 'custsecret_amz_signing';

    /** The value of the header webhook-signature. `timestamp` is in seconds since 1970. */
    const sign = (id, timestamp, body) => {
        const key = crypto.createSecretKey({ secret: SECRET, encoding: encode.Encoding.BASE_64 });
        const hmac = crypto.createHmac({ algorithm: crypto.HashAlg.SHA256, key });
        hmac.update({ input: `${id}.${timestamp}.${body}`, inputEncoding: encode.Encoding.UTF_8 });
        return `v1,${hmac.digest({ outputEncoding: encode.Encoding.BASE_64 })}`;
    };

    return { sign };
});
