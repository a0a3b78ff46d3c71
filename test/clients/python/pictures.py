import boto3

from answer_lines import answer_lines


def connect():
    sts = boto3.client("sts")
    s3 = boto3.client("s3")

    def call():
        s3.put_object(Bucket="pictures", Key="cat.txt", Body=b"a picture of a cat")
        body = s3.get_object(Bucket="pictures", Key="cat.txt")["Body"].read().decode()
        return f"{sts.get_caller_identity()['Arn']} stored {body}"

    return call


answer_lines(connect)
